"""The inbound mParticle connector as the registry knows it."""

from tessera.connectors.contract import Capabilities, ConnectorType
from tessera.inbound.errors import InboundProfileExistsError
from tessera.inbound.kinds.mparticle.mapping import find_reason, map_document
from tessera.inbound.kinds.mparticle.probe import probe
from tessera.inbound.kinds.mparticle.settings import PROPERTIES, VARIANTS, read_rules
from tessera.inbound.kinds.mparticle.wire import answer_to, read_messages, sent_at
from tessera.inbound.sources import Messages
from tessera.inbound.tokens import issue_token

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
