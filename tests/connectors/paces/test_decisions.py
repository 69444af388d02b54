"""The pure parts of a pace: shares, slices, turns, headers, breaker, waits."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tessera.connectors.paces.breaker import FAILURES, MOST_PROBES, Breaker
from tessera.connectors.paces.limits import PaceLimits
from tessera.connectors.paces.queue import FairQueue, Flow
from tessera.connectors.paces.schedule import Schedule
from tessera.connectors.paces.shares import Ask, PaceState, Slice, decide, share_places
from tessera.connectors.paces.waits import WaitLog, WaitPeriod, WaitReason
from tessera.platform.db import ClockOffset
from tessera.platform.http.rate_limits import RateLimit, parse_rate_limit

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("limits", "weight", "cost"),
    [
        (PaceLimits(1), 1, 0),
        (PaceLimits(1, per_second=50), 1, 1.02 / 50),
        (PaceLimits(1, per_minute=2000), 1, 60.3 / 2000),
        (PaceLimits(1, per_second=50, per_minute=2000), 1, 60.3 / 2000),
        (PaceLimits(1, per_second=10, per_minute=6000), 1, 1.02 / 10),
        (PaceLimits(1, per_second=100), 34, 1.02 / 2),
        (PaceLimits(1, per_second=100), 100, 1.02),
        (PaceLimits(1, per_second=100), 250, 2.55),
    ],
)
def test_cost_keeps_the_tightest_window(limits: PaceLimits, weight: int, cost: float) -> None:
    assert limits.cost(weight) == pytest.approx(cost)


@pytest.mark.parametrize(
    ("total", "wanted", "shares"),
    [
        (16, {"a": 16}, {"a": 16}),
        (16, {"a": 16, "b": 16}, {"a": 8, "b": 8}),
        (16, {"a": 16, "b": 2, "c": 16}, {"a": 7, "b": 2, "c": 7}),
        (2, {"a": 9, "b": 9, "c": 9}, {"a": 1, "b": 1, "c": 0}),
        (5, {"a": 1, "b": 1}, {"a": 1, "b": 1}),
    ],
)
def test_places_are_divided_by_what_can_be_used(total: int, wanted: dict[str, int], shares: dict[str, int]) -> None:
    assert share_places(total, [Slice(name, 0, most) for name, most in wanted.items()], turn=0) == shares


def test_definitions_count_in_the_division() -> None:
    shares = share_places(16, [Slice("a", 0, 16, definitions=3), Slice("b", 0, 16, definitions=1)], turn=0)
    assert shares == {"a": 12, "b": 4}


def test_workers_take_turns_where_places_are_few() -> None:
    slices = [Slice(name, 0, 1) for name in "abc"]
    shares = [share_places(1, slices, turn=turn) for turn in range(3)]
    assert [max(share, key=lambda name: share[name]) for share in shares] == ["a", "b", "c"]


def test_newcomer_gets_nothing_that_another_still_holds() -> None:
    ask = Ask(Slice("b", 0, 16), PaceLimits(16))
    _, grant = decide(PaceState(), [Slice("a", 16, 16)], ask, now=0, held=0)
    assert (grant.places, grant.wakes) == (0, True)
    _, grant = decide(PaceState(), [Slice("a", 8, 16)], ask, now=0, held=0)
    assert (grant.places, grant.wakes) == (8, False)


def test_places_in_use_stay_declared() -> None:
    ask = Ask(Slice("a", 14, 16), PaceLimits(16))
    _, grant = decide(PaceState(), [Slice("b", 0, 16)], ask, now=0, held=16)
    assert (grant.places, grant.declared, grant.wakes) == (8, 14, True)


@pytest.mark.parametrize(
    ("state", "seconds", "start", "end"),
    [
        (PaceState(), 0.5, 100, 100.5),
        (PaceState(next_start=101), 0.5, 101, 101.5),
        (PaceState(held_until=130), 0.5, 130, 130.1),  # no more than one ahead of a hold
        (PaceState(next_start=102.5), 0.5, 102.5, 102.5),  # too far ahead: nothing
        (PaceState(), 0.27, 100, 100.2),  # whole requests
        (PaceState(), 9, 100, 102),
    ],
)
def test_slices_follow_one_another(state: PaceState, seconds: float, start: float, end: float) -> None:
    ask = Ask(Slice("a", 0, 1), PaceLimits(1, per_second=10), seconds=seconds, least=0.1)
    after, grant = decide(state, [], ask, now=100, held=0)
    assert grant.start == pytest.approx(start)
    assert grant.end == pytest.approx(end)
    assert after.next_start == pytest.approx(end if end > start else state.next_start)


def test_unused_end_of_the_last_slice_is_given_back() -> None:
    ask = Ask(Slice("a", 0, 1), PaceLimits(1, 10), seconds=0.1, least=0.1, unused=(100.3, 101))
    _, grant = decide(PaceState(next_start=101), [], ask, now=100, held=0)
    assert grant.start == 100.3
    _, grant = decide(PaceState(next_start=101.5), [], ask, now=100, held=0)
    assert grant.start == 101.5


def test_slice_that_passed_is_not_made_up_for() -> None:
    schedule = Schedule()
    schedule.add(0, 1)
    assert schedule.next_start(0.1, now=0.5, lateness=0.01) == 0.49
    schedule.take(0.49, 0.1)
    assert schedule.next_start(0.1, now=0.5, lateness=0.01) == pytest.approx(0.59)
    schedule.add(5, 6)
    assert schedule.next_start(0.1, now=0.95, lateness=0.01) == 5


def queue_of(*flows: Flow[int]) -> FairQueue[int]:
    queue: FairQueue[int] = FairQueue(lambda item: item < 0)
    for flow in flows:
        queue.join(flow)
    return queue


def serve(queue: FairQueue[int], places: int, count: int) -> list[int]:
    """Return the definitions of the next requests; each ends at once."""
    served = []
    for _ in range(count):
        flow = queue.next_flow(places)
        assert flow is not None
        queue.pop(flow)
        flow.in_flight -= 1
        served.append(flow.definition_id.int)
    return served


def test_definitions_take_turns_whatever_waits() -> None:
    huge, small = Flow[int](ONE, 16, 1), Flow[int](TWO, 16, 1)
    queue = queue_of(huge, small)
    for rank in range(200):
        queue.push(huge, rank, 1, rank)
    for rank in range(3):
        queue.push(small, rank, 1, rank)
    assert serve(queue, 16, 7) == [1, 2, 1, 2, 1, 2, 1]


def test_weight_doubles_the_turns() -> None:
    light, heavy = Flow[int](ONE, 16, 1), Flow[int](TWO, 16, 2)
    queue = queue_of(light, heavy)
    for rank in range(60):
        queue.push(light, rank, 1, rank)
        queue.push(heavy, rank, 1, rank)
    served = serve(queue, 16, 60)
    assert (served.count(1), served.count(2)) == (20, 40)


def test_runs_of_one_definition_share_its_turns() -> None:
    flows = [Flow[int](ONE, 16, 1), Flow[int](ONE, 16, 1), Flow[int](TWO, 16, 1)]
    queue = queue_of(*flows)
    for flow in flows:
        for rank in range(40):
            queue.push(flow, rank, 1, rank)
    served = serve(queue, 16, 40)
    assert (served.count(1), served.count(2)) == (20, 20)


def test_large_requests_cost_their_definition_turns() -> None:
    bulky, slim = Flow[int](ONE, 16, 1), Flow[int](TWO, 16, 1)
    queue = queue_of(bulky, slim)
    for rank in range(40):
        queue.push(bulky, rank, 3, rank)
        queue.push(slim, rank, 1, rank)
    served = serve(queue, 16, 40)
    assert (served.count(1), served.count(2)) == (10, 30)


def test_definition_that_hangs_leaves_places_to_the_others() -> None:
    hangs, works = Flow[int](ONE, 16, 1), Flow[int](TWO, 16, 1)
    queue = queue_of(hangs, works)
    for rank in range(40):
        queue.push(hangs, rank, 1, rank)
    while (flow := queue.next_flow(16)) is not None:
        queue.pop(flow)
    assert hangs.in_flight == 8
    queue.push(works, 0, 1, 0)
    assert queue.next_flow(16) is works


def test_definition_without_demand_claims_no_places() -> None:
    busy, idle = Flow[int](ONE, 16, 1), Flow[int](TWO, 16, 1)
    queue = queue_of(busy, idle)
    for _ in range(2):
        queue.begin_period()
    for rank in range(40):
        queue.push(busy, rank, 1, rank)
    while (flow := queue.next_flow(16)) is not None:
        queue.pop(flow)
    assert busy.in_flight == 16


def test_each_definition_gets_a_place_where_places_are_few() -> None:
    flows = [Flow[int](UUID(int=number), 16, 1) for number in range(5)]
    queue = queue_of(*flows)
    for flow in flows:
        for rank in range(5):
            queue.push(flow, rank, 1, rank)
    assert sorted(serve(queue, 2, 10)) == sorted([*range(5)] * 2)


def test_requests_nobody_waits_for_are_passed_over() -> None:
    flow = Flow[int](ONE, 4, 1)
    queue = queue_of(flow)
    for item in (-1, 7):
        queue.push(flow, 0, 1, item)
    assert queue.next_flow(4) is flow
    assert queue.pop(flow) == 7


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, None),
        ({"ratelimit": '"default";r=50;t=30'}, RateLimit(50, 30)),
        ({"ratelimit": '"burst";r=9;t=1, "day";r=2;t=600'}, RateLimit(2, 600)),
        ({"ratelimit": "limit=100, remaining=7, reset=12"}, RateLimit(7, 12)),
        ({"ratelimit": '"default";r=50'}, None),
        ({"ratelimit-limit": "10, 10;w=60", "ratelimit-remaining": "0", "ratelimit-reset": "21"}, RateLimit(0, 21)),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "15"}, RateLimit(3, 15)),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": f"{NOON.timestamp() + 40:.0f}"}, RateLimit(3, 40)),
        (
            {"x-ratelimit-remaining": "3", "x-ratelimit-reset": f"{NOON.timestamp() * 1000 + 9:.0f}"},
            RateLimit(3, 0.009),
        ),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": f"{NOON.timestamp() - 40:.0f}"}, RateLimit(3, 0)),
        ({"x-rate-limit-remaining": "1", "x-rate-limit-reset": "0.5"}, RateLimit(1, 0.5)),
        ({"x-ratelimit-remaining": "many", "x-ratelimit-reset": "15"}, None),
        ({"x-ratelimit-remaining": "-1", "x-ratelimit-reset": "15"}, None),
        ({"ratelimit": "r=1;t=" + "9" * 40}, None),
    ],
)
def test_rate_limit_headers_are_read(headers: dict[str, str], found: RateLimit | None) -> None:
    read = parse_rate_limit(headers, NOON)
    assert (read is None) == (found is None)
    if read is not None and found is not None:
        assert read.remaining == found.remaining
        assert read.seconds == pytest.approx(found.seconds, abs=0.001)


def test_breaker_opens_after_failures_in_a_row() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        assert not breaker.note_failure(0, final=True)
    breaker.note_answer()
    for _ in range(FAILURES - 1):
        breaker.note_failure(0, final=True)
    for _ in range(50):
        assert not breaker.note_failure(0, final=False)
    assert breaker.note_failure(0, final=True)
    assert breaker.probe_at == 1


def test_pause_grows_with_each_failed_probe() -> None:
    breaker = Breaker()
    breaker.follow(0, 0)
    pauses = []
    for probes in range(1, MOST_PROBES + 1):
        assert not breaker.given_up
        breaker.probing = True
        assert breaker.note_failure(100, final=False)
        assert breaker.failed_probes == probes
        pauses.append((breaker.probe_at or 0) - 100)
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    assert breaker.given_up
    assert breaker.note_answer()
    assert not breaker.open


def test_waits_close_to_each_other_are_one() -> None:
    log = WaitLog()
    for beat in range(100):
        assert log.note(WaitReason.RATE, beat * 0.1, beat * 0.1 + 0.09) == []
    (period,) = log.note(WaitReason.RETRY_AFTER, 30, 40)
    assert (period.reason, period.started) == (WaitReason.RATE, 0)
    assert period.ended == pytest.approx(9.99)
    assert log.note(WaitReason.RATE, 50, 50.1) == [WaitPeriod(WaitReason.RETRY_AFTER, 30, 40)]
    assert log.end() == []  # too short for a line


def test_shortest_way_tells_the_clocks_apart() -> None:
    clock = ClockOffset()
    clock.note(10, 1010.4, 11)
    clock.note(20, 1020.01, 20.02)
    clock.note(30, 1030.3, 31)
    assert clock.to_database(100) == pytest.approx(1100)
    assert clock.to_local(1100) == pytest.approx(100)
    clock.note(200, 1200.52, 201)
    assert clock.to_local(1100) == pytest.approx(99.98)
