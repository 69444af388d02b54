"""The Cheetah Digital connector as the registry knows it."""

from tessera.connectors.contract import Capabilities, ConnectorType, Variant
from tessera.connectors.kinds.cheetah_digital.probe import probe
from tessera.connectors.kinds.cheetah_digital.settings import PROPERTIES

CHEETAH_DIGITAL = ConnectorType(
    key="cheetah_digital",
    tile="cheetah_digital",
    label="Cheetah Digital",
    icon="mail",
    variants=(Variant("standard", "Standard"),),
    properties=PROPERTIES,
    capabilities=Capabilities(),
    used_by=frozenset(),
    probe=probe,
    about="Saved access to Engage+ messaging; nothing is sent through it yet.",
    group="Marketing",
)
