"""What benchmarks promise is judged by figures that a run could have given."""

import pytest
from benchmarks.export_judging import Delay, judge_delay, judge_memory, judge_oauth, judge_rates
from benchmarks.tables import Measurement, choose_median

NAMES = {"ours": "Tessera", "ceiling": "bare loop", "peer": "drt"}


def make_measurement(rows: int, *, seconds: float, peak_megabytes: float = 100) -> Measurement:
    return Measurement("Tessera", rows, seconds, peak_megabytes, 1.0, {"requests": rows // 100})


@pytest.mark.parametrize(("seconds", "met"), [(2.4, [True, True]), (2.6, [False, True]), (9.0, [False, False])])
def test_slow_export_misses_its_bars(seconds: float, met: list[bool]) -> None:
    ways = {
        "Tessera": make_measurement(100_000, seconds=seconds),
        "bare loop": make_measurement(100_000, seconds=2.0),
        "drt": make_measurement(100_000, seconds=8.0),
    }
    assert [bar.met for bar in judge_rates(ways, **NAMES)] == met


def test_first_request_is_held_against_a_copy() -> None:
    assert judge_delay(Delay(1_000_000, 6.9, 3.0)).met
    assert not judge_delay(Delay(1_000_000, 7.1, 3.0)).met


def test_large_or_growing_memory_misses_its_bar() -> None:
    small = make_measurement(100_000, seconds=2.0, peak_megabytes=100)
    even = make_measurement(1_000_000, seconds=20.0, peak_megabytes=109)
    large = make_measurement(1_000_000, seconds=20.0, peak_megabytes=900)
    assert all(bar.met for bar in judge_memory([small, even]))
    assert not judge_memory([small, large])[-1].met


def test_middle_measurement_counts() -> None:
    found = [make_measurement(1_000, seconds=seconds, peak_megabytes=1) for seconds in (3.0, 1.0, 2.0, 9.0)]
    assert choose_median(found).seconds == 3.0


def test_oauth_that_slows_sending_misses_its_bar() -> None:
    plain = make_measurement(100_000, seconds=2.0)
    close, slow = (make_measurement(100_000, seconds=seconds) for seconds in (2.05, 2.5))
    assert [judge_oauth(plain, renewed).met for renewed in (close, slow)] == [True, False]
