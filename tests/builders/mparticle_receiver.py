"""A receiver on loopback that behaves like mParticle, its published schemas where they are, and a map to send by."""

import json
import os
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest
from tests.builders.receivers import Received, Reply

from tessera.outbound.kinds.mparticle.batches import BatchShape, MappingLine, RowMode, TargetKind
from tessera.outbound.rendering import RunFacts
from tessera.platform.errors import TesseraError

KEY, SECRET = "example-api-key", "example-api-secret"
AUTHORIZATION = "Basic ZXhhbXBsZS1hcGkta2V5OmV4YW1wbGUtYXBpLXNlY3JldA=="
ACCEPTED = Reply(202, body=b"")

FOLDER = os.environ.get("TESSERA_TEST_MPARTICLE_SCHEMAS")
NAME = "mparticle.inbound.eventsapi"
needs_schemas = pytest.mark.skipif(
    not FOLDER, reason="mParticle's schemas are not here: TESSERA_TEST_MPARTICLE_SCHEMAS names no folder"
)

ID = UUID("01930000-0000-7000-8000-000000000001")
RUN = RunFacts(ID, "members_out", "mparticle", datetime(2026, 11, 21, tzinfo=UTC), ID, ID)
COLUMNS = ("id", "email", "name", "balance")
EVENT_COLUMNS = ("id", "event", "kind", "at", "points")
PROFILES = BatchShape(
    (
        MappingLine(TargetKind.USER_IDENTITY, "customer_id", "id"),
        MappingLine(TargetKind.USER_IDENTITY, "email", "email", transform="trim | lower"),
        MappingLine(TargetKind.USER_ATTRIBUTE, "$firstname", "name"),
        MappingLine(TargetKind.USER_ATTRIBUTE, "loyalty_points_balance", "balance"),
    ),
    profile_id=ID,
)
EVENTS = replace(
    PROFILES,
    row_mode=RowMode.EVENT,
    lines=(
        MappingLine(TargetKind.USER_IDENTITY, "customer_id", "id"),
        MappingLine(TargetKind.EVENT_FIELD, "event_name", "event"),
        MappingLine(TargetKind.EVENT_FIELD, "custom_event_type", "kind"),
        MappingLine(TargetKind.EVENT_FIELD, "timestamp", "at"),
        MappingLine(TargetKind.EVENT_ATTRIBUTE, "points", "points"),
    ),
)


@cache
def load_schemas() -> tuple[Callable[[Any], list[str]], Callable[[Any], list[str]]]:
    """Return what says what the schemas have against a batch, and against a bulk request."""
    assert FOLDER
    batch = json.loads((Path(FOLDER) / f"{NAME}.schema.json").read_text())
    bulk = json.loads((Path(FOLDER) / f"{NAME}.bulk.schema.json").read_text())
    registry = jsonschema_rs.Registry([(batch["$id"], batch)])
    validators = [jsonschema_rs.validator_for(schema, registry=registry) for schema in (batch, bulk)]

    def checker(validator: Any) -> Callable[[Any], list[str]]:
        return lambda value: [str(error.message) for error in validator.iter_errors(value)]

    return checker(validators[0]), checker(validators[1])


class Mparticle:
    """Answers as mParticle does; `next_replies` come first, and `poison` is an identity that it calls malformed."""

    def __init__(self, *, poison: str | None = None) -> None:
        self.next_replies: list[Reply] = []
        self.poison = poison
        self.accepted: dict[str, Any] = {}
        self.repeats = 0
        self.requests: list[tuple[int, int]] = []

    def __call__(self, received: Received) -> Reply:
        """Answer one request."""
        if "authorization" not in received.headers:
            return Reply(401)
        pair = b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if received.headers["authorization"] != f"Basic {pair}":
            return Reply(403)
        if self.next_replies:
            return self.next_replies.pop(0)
        faults = self.find_faults(received)
        if faults:
            errors = [{"code": "BadRequest", "message": fault} for fault in faults]
            return Reply(400, body=json.dumps({"errors": errors}).encode())
        self.accept(received.rows)
        return ACCEPTED

    def find_faults(self, received: Received) -> list[str]:
        """Return what mParticle has against a request."""
        bulk = received.path.partition("/v2")[2] in ("/bulkevents", "/bulkevents/historical")
        if not bulk and received.path != "/v2/events":
            return [f"there is no {received.path}"]
        body = json.loads(received.body)
        batches = body if bulk else [body]
        self.requests.append((len(batches), len(received.body)))
        faults = [f"{len(batches)} batches"] if len(batches) > 100 else []
        events = sum(len(batch.get("events") or ()) for batch in batches)
        faults += [f"{events} events"] if events > 100 else []
        faults += [f"{len(received.body)} bytes"] if len(received.body) > 256_000 else []
        faults += ["a batch is too large"] if any(len(compact(batch)) > 128_000 for batch in batches) else []
        if any(self.poison in batch["user_identities"].values() for batch in batches):
            faults.append("malformed identity")
        return faults + (load_schemas()[bulk](body) if FOLDER else [])

    def accept(self, batches: list[Any]) -> None:
        """Keep the batches; the ones known already are dropped."""
        for batch in batches:
            self.repeats += batch["source_request_id"] in self.accepted
            self.accepted.setdefault(batch["source_request_id"], batch)


def compact(value: Any) -> bytes:
    """Return the value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def faults_in(error: TesseraError) -> dict[str, str]:
    """Return what an error says is wrong, by place."""
    faults = error.details["faults"]
    assert isinstance(faults, dict)
    return faults
