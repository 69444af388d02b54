"""The inbound mParticle connector as the registry knows it."""

from tessera.integrations.connectors import Capabilities, ConnectorType
from tessera.integrations.errors import InboundProfileExistsError
from tessera.integrations.inbound.sources import Messages
from tessera.integrations.inbound.tokens import issue_token
from tessera.integrations.kinds.mparticle_inbound.mapping import find_reason, map_document
from tessera.integrations.kinds.mparticle_inbound.probe import probe
from tessera.integrations.kinds.mparticle_inbound.settings import PROPERTIES, VARIANTS, read_rules
from tessera.integrations.kinds.mparticle_inbound.wire import answer_to, read_messages, sent_at

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
    abilities=(
        Messages(
            endpoint="/integrations/mparticle/inbound/",
            read_rules=read_rules,
            read_messages=read_messages,
            answer_to=answer_to,
            sent_at=sent_at,
            find_reason=find_reason,
            map_document=map_document,
        ),
    ),
    about="Members and their attributes, as mParticle sends them.",
    group="Marketing",
    issue_token=issue_token,
)
