"""Rows become mParticle batches: pure, without database or network."""

from tessera.outbound.kinds.mparticle.batches.mapping import (
    BatchShape,
    EmptyValue,
    EventField,
    MappingLine,
    RowMode,
    SendMode,
    TargetKind,
    plain_shape,
    read_shape,
)
from tessera.outbound.kinds.mparticle.batches.packer import CompiledShape
from tessera.outbound.kinds.mparticle.batches.proposals import propose_lines

__all__ = [
    "BatchShape",
    "CompiledShape",
    "EmptyValue",
    "EventField",
    "MappingLine",
    "RowMode",
    "SendMode",
    "TargetKind",
    "plain_shape",
    "propose_lines",
    "read_shape",
]
