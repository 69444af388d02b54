"""How an outbound mParticle profile reaches its pod, and both sides of the one interface for its batches."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from tessera.connectors.contract import Target
from tessera.outbound.calls import USER_AGENT
from tessera.outbound.kinds.mparticle.batches import CompiledShape, plain_shape, read_shape
from tessera.outbound.kinds.mparticle.sender import SHAPE, MparticleSender
from tessera.outbound.rendering import TemplateShape
from tessera.platform.http import CallLimits, OutboundClient


def open_target(_variant: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Target:
    """Return the target of a profile, its credentials made ready once for all calls."""
    connect, read = settings["connect_timeout_seconds"], settings["read_timeout_seconds"]
    pair = b64encode(f"{settings['api_key']}:{secrets['api_secret']}".encode()).decode()
    return Target(
        base_url=settings["endpoint"],
        headers=(USER_AGENT, ("Authorization", f"Basic {pair}")),
        limits=CallLimits(connect_seconds=connect, read_seconds=read, total_seconds=connect + read),
        concurrency=settings["max_concurrent_requests"],
        per_second=settings["max_batches_per_second"],
        per_minute=settings.get("max_batches_per_minute"),
        secrets=(secrets["api_secret"], pair),
    )


def complete_shape(
    shape: Mapping[str, Any], profile_id: UUID, settings: Mapping[str, Any], key_columns: Sequence[str]
) -> Mapping[str, Any]:
    """Return the shape with what a run takes from its profile and its query."""
    return plain_shape(
        replace(
            read_shape(shape),
            environment=settings["environment"],
            data_plan_id=settings["data_plan_id"],
            data_plan_version=settings["data_plan_version"],
            profile_id=profile_id,
            key_columns=tuple(key_columns),
        )
    )


def make_renderer(shape: Mapping[str, Any], columns: Sequence[tuple[str, str]]) -> CompiledShape:
    """Return the shape ready to plan requests of the query's rows."""
    return CompiledShape(read_shape(shape), [name for name, _ in columns])


def make_sender(target: Target, _shape: Mapping[str, Any], client: OutboundClient) -> MparticleSender:
    """Return the sender of batches."""
    return MparticleSender(target, client)


def read_head(_shape: Mapping[str, Any]) -> TemplateShape:
    """Return the headers of batches: they are the same whatever is in them."""
    return SHAPE
