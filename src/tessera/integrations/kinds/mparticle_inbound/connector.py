"""The inbound mParticle connector as the registry knows it."""

from tessera.integrations.connectors import Capabilities, ConnectorType
from tessera.integrations.errors import InboundProfileExistsError
from tessera.integrations.kinds.mparticle_inbound.probe import probe
from tessera.integrations.kinds.mparticle_inbound.settings import PROPERTIES, VARIANTS
from tessera.integrations.kinds.mparticle_inbound.tokens import issue_token

MPARTICLE_INBOUND = ConnectorType(
    key="mparticle_inbound",
    tile="mparticle",
    tile_label="mParticle",
    label="Inbound mParticle",
    icon="arrows",
    variants=VARIANTS,
    properties=PROPERTIES,
    capabilities=Capabilities(copyable=False, most_per_chain=1, receives=True, full=InboundProfileExistsError),
    used_by=frozenset(),
    probe=probe,
    about="Members and their attributes, as mParticle sends them.",
    group="Marketing",
    issue_token=issue_token,
)
