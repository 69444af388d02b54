"""From rows to requests: one batch a user, many batches a request, within every limit. Pure.

Rows of one user share a batch where nothing but their events differs. Batches begin and end with whole rows in their
order, so the rows of a request, or one half of them, always make one request again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import uuid_utils

from tessera.outbound.kinds.mparticle.batches.checks import check_shape
from tessera.outbound.kinds.mparticle.batches.limits import FULL_BATCH, FULL_REQUEST, LARGEST_BATCH, MOST_ROWS
from tessera.outbound.kinds.mparticle.batches.mapping import BatchShape, RowMode, SendMode
from tessera.outbound.kinds.mparticle.batches.row_reader import Piece, RowReader, RunStamp
from tessera.outbound.rendering import CONTENT_TYPE, Plan, PlannedRequest, RowFailure, RowFault, RunFacts

OPENING, CLOSING = b'{"source_request_id":"', b'",'
EVENTS = b',"events":['
ID_LENGTH = 36
AROUND_BATCH = len(OPENING) + ID_LENGTH + len(CLOSING) + len(b"}")
AROUND_EVENTS = len(EVENTS) + len(b"]")


@dataclass(slots=True)
class Batch:
    """A batch that rows still go into; `size` is that of its bytes."""

    piece: Piece
    first: int
    last: int
    size: int
    events: list[bytes] = field(default_factory=list)

    def render(self, namespace: uuid_utils.UUID, run_id: str) -> tuple[str, bytes]:
        """Return the batch's id and its bytes. The id depends on its rows, so halves are not taken for repeats."""
        name = f"{run_id}/{self.first}-{self.last}/{self.piece.user.decode()}"
        request_id = str(uuid_utils.uuid5(namespace, name))
        events = EVENTS + b",".join(self.events) + b"]" if self.events else b""
        return request_id, OPENING + request_id.encode() + CLOSING + self.piece.head + events + b"}"


class CompiledShape:
    """A shape made ready for one query's columns: compiled once per run, free of I/O and of state."""

    def __init__(self, shape: BatchShape, columns: Sequence[str]) -> None:
        check_shape(shape, columns)
        self.reader = RowReader(shape, columns)
        self.profile = uuid_utils.UUID(str(shape.profile_id))
        self.single = shape.send_mode is SendMode.SINGLE
        self.rows_per_request = 1 if self.single and shape.row_mode is RowMode.PROFILE else MOST_ROWS
        self.path = "events" if self.single else "bulkevents/historical" if shape.historical else "bulkevents"

    def plan(self, rows: Sequence[tuple[int, Sequence[Any]]], run: RunFacts, *, first_index: int) -> Plan:
        """Return the requests of the rows, numbered from `first_index`, and the rows that could not be batches."""
        packer = Packer(self, run, first_index)
        for ordinal, values in rows:
            packer.add(ordinal, values)
        packer.close()
        return Plan(packer.requests, packer.failures)


class Packer:
    """Collects rows into requests, for one call of `plan`."""

    def __init__(self, compiled: CompiledShape, run: RunFacts, first_index: int) -> None:
        self.compiled = compiled
        self.stamp = RunStamp(run)
        self.index = first_index
        self.requests: list[PlannedRequest] = []
        self.failures: list[RowFailure] = []
        self.open()

    def open(self) -> None:
        """Begin the next request."""
        self.ordinals: list[int] = []
        self.batches: list[Batch] = []
        self.by_head: dict[bytes, Batch] = {}
        self.size = 1  # both brackets, one less because the first batch has no comma before it

    def add(self, ordinal: int, values: Sequence[Any]) -> None:
        """Put a row into the request at hand; close that one first if the row has no room in it."""
        try:
            piece = self.compiled.reader.read(ordinal, values, self.stamp)
            alone = size_alone(piece)
            if alone > LARGEST_BATCH:
                raise too_large(alone)
        except RowFault as fault:
            self.failures.append(RowFailure(ordinal, fault.code, fault.message))
            return
        batch = self.find_batch(piece)
        if self.is_full(alone if batch is None else len(piece.event or b""), joins=batch is not None):
            self.close()
            batch = None
        if batch is None:
            batch = self.begin_batch(piece, ordinal, alone)
        elif piece.event is not None:
            batch.size += len(piece.event) + 1
            self.size += len(piece.event) + 1
        if piece.event is not None:
            batch.events.append(piece.event)
        batch.last = ordinal
        self.ordinals.append(ordinal)

    def find_batch(self, piece: Piece) -> Batch | None:
        """Return the open batch that the row joins, if there is one with room."""
        batch = self.by_head.get(piece.head)
        if batch is None or piece.event is None or batch.size + len(piece.event) + 1 <= FULL_BATCH:
            return batch
        return None

    def is_full(self, growth: int, *, joins: bool) -> bool:
        """Say whether the request at hand must end before it grows by so much."""
        if not self.ordinals:
            return False
        return (
            len(self.ordinals) == self.compiled.rows_per_request
            or self.size + growth + 1 > FULL_REQUEST
            or (self.compiled.single and not joins)
        )

    def begin_batch(self, piece: Piece, ordinal: int, alone: int) -> Batch:
        """Return a new batch, the one that further rows of its kind join."""
        batch = Batch(piece, ordinal, ordinal, alone)
        self.by_head[piece.head] = batch
        self.batches.append(batch)
        self.size += alone + 1
        return batch

    def close(self) -> None:
        """Make a request of the rows collected."""
        if not self.ordinals:
            return
        rendered = [batch.render(self.compiled.profile, self.stamp.run_id) for batch in self.batches]
        body = b",".join([text for _, text in rendered])
        self.requests.append(
            PlannedRequest(
                index=self.index,
                ordinals=tuple(self.ordinals),
                method="POST",
                path=self.compiled.path,
                headers=(CONTENT_TYPE,),
                body=body if self.compiled.single else b"[" + body + b"]",
                # Repeats are recognised by the ids inside; the first of them names the request in the log.
                idempotency_key=rendered[0][0],
                weight=len(self.batches),
            )
        )
        self.index += 1
        self.open()


def size_alone(piece: Piece) -> int:
    """Return the bytes of a batch of this row alone."""
    return AROUND_BATCH + len(piece.head) + (0 if piece.event is None else AROUND_EVENTS + len(piece.event))


def too_large(size: int) -> RowFault:
    """Return the failure of a row that fits into no batch."""
    return RowFault(
        "batch_too_large",
        f"The row's batch would have {size:,} bytes, more than the {LARGEST_BATCH:,} that mParticle takes. "
        "Map fewer or shorter values.",
    )
