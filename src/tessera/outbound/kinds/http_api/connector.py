"""The HTTP API connector as the registry knows it."""

from tessera.connectors.contract import Capabilities, ConnectorType
from tessera.outbound.kinds.http_api.client import make_renderer, make_sender, open_target
from tessera.outbound.kinds.http_api.probe import probe
from tessera.outbound.kinds.http_api.settings import PROPERTIES, VARIANTS
from tessera.outbound.rendering import read_shape
from tessera.outbound.senders import Requests

HTTP_API = ConnectorType(
    key="http_api",
    tile="http_api",
    label="HTTP API",
    icon="globe",
    variants=VARIANTS,
    properties=PROPERTIES,
    capabilities=Capabilities(takes_templates=True),
    used_by=frozenset({"http_template"}),
    open_target=open_target,
    abilities=(Requests(make_renderer, make_sender, read_shape),),
    probe=probe,
    templates_sent_to=("base_url",),
    about="JSON requests to any receiver, shaped by templates.",
    group="HTTP",
)
