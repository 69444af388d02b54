"""The Selligent connector as the registry knows it."""

from tessera.integrations.connectors import Capabilities, ConnectorType, Variant
from tessera.integrations.kinds.selligent.probe import probe
from tessera.integrations.kinds.selligent.settings import PROPERTIES

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
