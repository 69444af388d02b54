import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.load_client import MARKER, Request, Tally, find_end, find_percentile, read_requests, write_requests
from benchmarks.loads import read_timings, run_client, run_wrk, send
from benchmarks.processes import BenchmarkError, Receiver, started_receiver


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with started_receiver(delay=0.01) as running:
        yield running


def make_requests(count: int) -> list[Request]:
    return [Request(f"sort {number % 2}", "/members", b'{"number":%d}' % number) for number in range(count)]


def test_requests_survive_their_file(tmp_path: Path) -> None:
    write_requests(tmp_path / "requests", make_requests(2))
    sort, sent = read_requests(tmp_path / "requests", "here:1")[1]
    assert sort == "sort 1"
    assert sent.startswith(b"POST /members HTTP/1.1\r\nHost: here:1\r\n")
    assert sent.endswith(b'Content-Length: 12\r\n\r\n{"number":1}')


@pytest.mark.parametrize(
    ("arrived", "end"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", 0),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", 40),
        (b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length:2\r\nY: 2\r\n\r\nab", 51),
    ],
)
def test_answer_ends_where_its_head_says(arrived: bytes, end: int) -> None:
    assert find_end(bytearray(arrived)) == end


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(value) for value in range(1, 201)]
    assert [find_percentile(values, percent) for percent in (50, 95, 99)] == [100, 190, 198]
    assert find_percentile([7.0], 99) == 7.0


def test_sorts_that_take_turns_have_their_own_time() -> None:
    sorts = {"first": Tally(5, [0.1, 0.3]).describe(), "late": Tally(5, [0.6]).describe()}
    found = read_timings({"seconds": 1.0, "sorts": sorts}, callers=1)
    assert [round(found[sort].requests_per_second, 3) for sort in ("first", "late")] == [5.0, 1.667]
    assert found["first"].p95 == 300


def test_refused_call_fails_the_load(receiver: Receiver) -> None:
    with pytest.raises(BenchmarkError, match=r"6 of the calls failed.*401"):
        send(receiver.base_url, make_requests(6), callers=2, most_seconds=20)


def test_every_request_is_made_once_and_answers_are_counted() -> None:
    with started_receiver(delay=0, token="") as running:
        found = send(running.base_url, make_requests(11), callers=3, most_seconds=20)
        counts = running.counts()
    assert {sort: timing.requests for sort, timing in found.items()} == {"sort 0": 6, "sort 1": 5}
    assert (counts["requests"], counts["connections"]) == (11, 4)
    assert MARKER.startswith(b'"')


def test_load_for_a_while_goes_round() -> None:
    with started_receiver(delay=0.01, token="") as running:
        requests = make_requests(1)
        found = run_client(running.base_url, requests, callers=4, most_seconds=20, seconds=0.3)["sort 0"]
        counts = running.counts()
        assert found.requests == counts["requests"] > 4
        if shutil.which("wrk"):
            timing = run_wrk(running.base_url, requests, callers=4, seconds=1)
            assert timing.requests <= running.counts()["requests"] - found.requests
            assert 10 <= timing.p50 < 500
