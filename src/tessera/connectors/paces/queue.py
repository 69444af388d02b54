"""Whose request starts next: definitions take turns by what their requests cost, rows of a run go in order. Pure."""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


class Flow(Generic[T]):
    """The requests of one run that wait, and how many it has in flight, of `most`."""

    def __init__(self, definition_id: UUID, most: int, weight: int) -> None:
        self.definition_id = definition_id
        self.most = most
        self.weight = weight
        self.in_flight = 0
        self.served = 0.0
        # Of this period and the last one; a run that joins is taken to want all it may have.
        self._peaks = (most, most)
        self.waiting: list[tuple[int, int, int, T]] = []

    @property
    def wants(self) -> int:
        """How many places it could use."""
        return min(self.most, self.in_flight + len(self.waiting))

    @property
    def peak(self) -> int:
        """How many it could use lately."""
        return max(self._peaks)

    def note_peak(self) -> None:
        """Remember what it could use."""
        self._peaks = (self._peaks[0], max(self._peaks[1], self.wants))

    def begin_period(self) -> None:
        """Forget what it could use in the period before the last."""
        self._peaks = (self._peaks[1], self.wants)


class FairQueue(Generic[T]):
    """Requests that wait, by run. The definition that was served least, by its weight, is next.

    `is_gone` says of a request that nobody waits for it any more.
    """

    def __init__(self, is_gone: Callable[[T], bool]) -> None:
        self.flows: list[Flow[T]] = []
        self._is_gone = is_gone
        self._arrivals = count()

    def __len__(self) -> int:
        return sum(len(flow.waiting) for flow in self.flows)

    @property
    def definitions(self) -> int:
        """How many definitions have a run here."""
        return len({flow.definition_id for flow in self.flows})

    def join(self, flow: Flow[T]) -> None:
        """Let a run take part; it has no claim to what went before it."""
        flow.served = min((other.served for other in self.flows), default=0.0)
        self.flows.append(flow)

    def push(self, flow: Flow[T], rank: int, weight: int, item: T) -> None:
        """Let a request wait; equal ranks go as they came."""
        if not flow.waiting:
            # Who asked for nothing meanwhile does not catch up on it.
            busy = [other.served for other in self.flows if other.waiting]
            flow.served = max(flow.served, min(busy, default=flow.served))
        heappush(flow.waiting, (rank, next(self._arrivals), weight, item))
        flow.note_peak()

    def next_flow(self, places: int) -> Flow[T] | None:
        """Return the run whose turn it is; None where nobody may have one of so many places."""
        for flow in self.flows:
            while flow.waiting and self._is_gone(flow.waiting[0][3]):
                heappop(flow.waiting)
        ready = [flow for flow in self.flows if flow.waiting and flow.in_flight < flow.most]
        if len(self.flows) > 1:
            ready = [flow for flow in ready if self._used_with(flow) < places - self._claims_beside(flow, places)]
        return min(ready, key=lambda flow: flow.served, default=None)

    def pop(self, flow: Flow[T]) -> T:
        """Take the run's next request into flight."""
        _, _, weight, item = heappop(flow.waiting)
        self.enter(flow, weight)
        return item

    def enter(self, flow: Flow[T], weight: int) -> None:
        """Count a request of the run as in flight."""
        flow.served += weight * self._runs_of(flow) / flow.weight
        flow.in_flight += 1
        flow.note_peak()

    def remove(self, flow: Flow[T], item: T) -> None:
        """Forget a request that waits no longer."""
        flow.waiting = [entry for entry in flow.waiting if entry[3] is not item]
        heapify(flow.waiting)

    def begin_period(self) -> None:
        """Begin the next period of what runs could use."""
        for flow in self.flows:
            flow.begin_period()

    def waiting_weights(self) -> Iterator[int]:
        """Yield what each waiting request counts."""
        return (entry[2] for flow in self.flows for entry in flow.waiting)

    def _used_with(self, flow: Flow[T]) -> int:
        return sum(other.in_flight for other in self.flows if other.definition_id == flow.definition_id)

    def _runs_of(self, flow: Flow[T]) -> int:
        return sum(other.definition_id == flow.definition_id for other in self.flows)

    def _claims_beside(self, flow: Flow[T], places: int) -> int:
        """Return the places that other definitions may count on, so that one that hangs never takes them all.

        Each may have its even share, or what it could use lately where that is less.
        """
        fair = max(1, places // self.definitions)
        peaks: dict[UUID, int] = {}
        for other in self.flows:
            if other.definition_id != flow.definition_id:
                peaks[other.definition_id] = peaks.get(other.definition_id, 0) + other.peak
        claims = sum(min(fair, peak) for peak in peaks.values())
        return min(claims, places - 1) if self._used_with(flow) == 0 else claims
