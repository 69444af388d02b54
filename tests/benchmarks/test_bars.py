from benchmarks.export import judge, judge_oauth
from benchmarks.tables import Measurement, choose_median


def make_measurement(rows: int, *, seconds: float, peak_megabytes: float) -> Measurement:
    return Measurement("Tessera", rows, seconds, peak_megabytes, 1.0, {"requests": rows // 100})


def test_slow_or_large_export_misses_its_bar() -> None:
    good = make_measurement(100_000, seconds=2.0, peak_megabytes=120)
    bad = make_measurement(1_000_000, seconds=26.0, peak_megabytes=151)
    assert [bar.met for bar in judge([good])] == [True, True]
    assert [bar.met for bar in judge([good, bad])] == [True, True, False, False, False]


def test_growth_within_a_tenth_meets_its_bar() -> None:
    small = make_measurement(100_000, seconds=2.0, peak_megabytes=100)
    large = make_measurement(1_000_000, seconds=20.0, peak_megabytes=109)
    assert judge([small, large])[-1].met


def test_middle_measurement_counts() -> None:
    found = [make_measurement(1_000, seconds=seconds, peak_megabytes=1) for seconds in (3.0, 1.0, 2.0, 9.0)]
    assert choose_median(found).seconds == 3.0


def test_oauth_that_slows_sending_misses_its_bar() -> None:
    plain = make_measurement(100_000, seconds=2.0, peak_megabytes=1)
    close, slow = (make_measurement(100_000, seconds=seconds, peak_megabytes=1) for seconds in (2.05, 2.5))
    assert [bar.met for bar in judge_oauth([plain, plain], [close, slow])] == [True, False]
