"""The Selligent connector as the registry knows it."""

from tessera.connectors.contract import Capabilities, ConnectorType, Variant
from tessera.connectors.kinds.selligent.probe import probe
from tessera.connectors.kinds.selligent.settings import PROPERTIES

SELLIGENT = ConnectorType(
    key="selligent",
    tile="selligent",
    label="Selligent",
    icon="target",
    variants=(Variant("standard", "Standard"),),
    properties=PROPERTIES,
    capabilities=Capabilities(),
    used_by=frozenset(),
    probe=probe,
    about="Saved access to Marigold Engage journeys; nothing is sent through it yet.",
    group="Marketing",
)
