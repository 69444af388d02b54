"""The outbound mParticle connector as the registry knows it."""

from tessera.connectors.contract import Capabilities, ConnectorType
from tessera.outbound.kinds.mparticle.client import (
    complete_shape,
    make_renderer,
    make_sender,
    open_target,
    read_head,
)
from tessera.outbound.kinds.mparticle.export_settings import EXPORT_PROPERTIES
from tessera.outbound.kinds.mparticle.probe import OPTIONS, probe
from tessera.outbound.kinds.mparticle.settings import PROPERTIES, VARIANTS, check_settings
from tessera.outbound.senders import Requests

MPARTICLE_OUTBOUND = ConnectorType(
    key="mparticle_outbound",
    tile="mparticle",
    tile_label="mParticle",
    label="Outbound mParticle",
    icon="arrows",
    variants=VARIANTS,
    properties=PROPERTIES,
    capabilities=Capabilities(),
    used_by=frozenset({"export_definition"}),
    check=check_settings,
    open_target=open_target,
    abilities=(Requests(make_renderer, make_sender, read_head, complete_shape, EXPORT_PROPERTIES),),
    probe=probe,
    probe_options=OPTIONS,
    about="Members and their events to mParticle, for campaigns and segmentation.",
    group="Marketing",
)
