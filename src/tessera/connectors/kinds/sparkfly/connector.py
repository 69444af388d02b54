"""The Sparkfly connector as the registry knows it."""

from tessera.connectors.contract import Capabilities, ConnectorType, Variant
from tessera.connectors.kinds.sparkfly.probe import probe
from tessera.connectors.kinds.sparkfly.settings import PROPERTIES

SPARKFLY = ConnectorType(
    key="sparkfly",
    tile="sparkfly",
    label="Sparkfly",
    icon="spark",
    variants=(Variant("standard", "Standard"),),
    properties=PROPERTIES,
    capabilities=Capabilities(),
    used_by=frozenset(),
    probe=probe,
    about="Saved access to Sparkfly offers; nothing is sent through it yet.",
    group="Marketing",
)
