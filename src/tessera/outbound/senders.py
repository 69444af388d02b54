"""The one interface of every way out: what plans requests, what sends them, and what an answer is.

A run works with these and never asks which kind of connector it has.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from tessera.connectors.contract import Property, Target
from tessera.outbound.rendering import Plan, PlannedRequest, RunFacts, TemplateShape
from tessera.platform.http import CallErrorKind, OutboundClient, RateLimit, ReplyHeaders


class OutcomeKind(StrEnum):
    """The classes of outcome, each with one thing to do.

    A split one failed, and each half may be tried once; a replay and a transient one are tried again, the transient
    one after what the receiver asked to wait; credentials and configuration end the run. Of an unknown one nobody can
    say what arrived: no whole answer came, or none that can be read.
    """

    OK = "ok"
    PERMANENT = "permanent"
    SPLIT = "split"
    TRANSIENT = "transient"
    REPLAY = "replay"
    UNKNOWN = "unknown"
    CREDENTIALS = "credentials"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call came to: its class, and the status or the kind of error that it follows from.

    `code` and `message` are empty for a plain success. `failed_rows` are positions in the request, from 0, that a
    successful reply names as refused, with its reasons. `share` is the part of the sender's rate to continue with, when
    the receiver reports that it is near its limit; `rate_limit` what its answer says of that limit.
    """

    kind: OutcomeKind
    code: str = ""
    message: str = ""
    failed_rows: Sequence[tuple[int, str]] = ()
    status: int | None = None
    duration_seconds: float = 0.0
    retry_after: float | None = None
    error_kind: CallErrorKind | None = None
    headers: ReplyHeaders | None = field(default=None, repr=False)
    excerpt: bytes = field(default=b"", repr=False)
    bytes: int = 0
    share: float | None = None
    rate_limit: RateLimit | None = None


class RequestRenderer(Protocol):
    """Turns rows into requests. Pure: the same rows make the same bytes, in every worker.

    The rows of one request, or the first or last of them, make one request again: so a request can be rendered again
    after a take-over, and split in halves.
    """

    @property
    def rows_per_request(self) -> int:
        """How many rows a request carries at most."""

    def plan(self, rows: Sequence[tuple[int, Sequence[Any]]], run: RunFacts, *, first_index: int) -> Plan:
        """Return the requests of the numbered rows, counted from `first_index`, and the rows that made none."""


class Sender(Protocol):
    """Sends the requests of one run through one profile."""

    @property
    def concurrency(self) -> int:
        """How many requests may be in flight at once."""

    @property
    def per_second(self) -> int | None:
        """What may leave in a second, counted by the requests' weights; None is as much as the receiver takes."""

    @property
    def per_minute(self) -> int | None:
        """What may leave in a minute, counted in the same way."""

    async def send(self, planned: PlannedRequest) -> Outcome:
        """Call the receiver once. A missing answer is an outcome: this raises for nothing that the receiver does."""

    def can_replay(self, planned: PlannedRequest) -> bool:
        """Say whether sending the request again is safe although the first may have been processed."""

    def make_excerpts(self, planned: PlannedRequest, answer: Outcome) -> tuple[str, str]:
        """Return what the log may keep of the request and of its answer, secrets masked."""


# A shape is the saved document of what goes out, in plain JSON values; only its own kind reads it. Columns are pairs of
# name and type, in the order of a row's values; completing a shape takes the profile's id and settings, and the query's
# key columns.
CompleteShape = Callable[[Mapping[str, Any], UUID, Mapping[str, Any], Sequence[str]], Mapping[str, Any]]
MakeRenderer = Callable[[Mapping[str, Any], Sequence[tuple[str, str]]], RequestRenderer]
MakeSender = Callable[[Target, Mapping[str, Any], OutboundClient], Sender]
ReadShape = Callable[[Mapping[str, Any]], TemplateShape]


@dataclass(frozen=True, slots=True)
class Requests:
    """The ability of a connector type to send requests.

    `make_renderer` and `make_sender` take the shape of what goes out, and bring both sides of the one interface;
    `read_shape` says which headers the sender puts before the bodies. What a shape takes from its profile,
    `complete_shape` puts in when a run is created. `properties` are what an export fills
    in where its own settings are the shape; None where a template is it.
    """

    make_renderer: MakeRenderer
    make_sender: MakeSender
    read_shape: ReadShape
    complete_shape: CompleteShape | None = None
    properties: tuple[Property, ...] | None = None
