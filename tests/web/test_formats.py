"""How values read on a page."""

from datetime import UTC, datetime, timedelta

import pytest

from tessera.web import formats

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (10, "10 s"),
        (75, "1 min 15 s"),
        (3600, "1 h"),
        (7512, "2 h 5 min"),
        (90_000, "1 day 1 h"),
    ],
)
def test_duration_has_two_units(seconds: float, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "just now"), (4, "just now"), (59, "59 s ago"), (61, "1 min ago"), (7300, "2 h ago"), (200_000, "2 days ago")],
)
def test_age_has_one_unit(seconds: int, text: str) -> None:
    assert formats.ago(NOON - timedelta(seconds=seconds), NOON) == text


def test_future_and_never_have_words() -> None:
    assert formats.ago(NOON + timedelta(minutes=3), NOON) == "in 3 min"
    assert formats.ago(None, NOON) == "never"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (999, "999 B"), (1234, "1.2 kB"), (123_456, "123 kB"), (5e9, "5.0 GB"), (2e12, "2.0 TB")],
)
def test_size_fits_its_unit(value: float, text: str) -> None:
    assert formats.size(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.42, "0.4 ms"), (9.96, "10.0 ms"), (431.7, "432 ms"), (1500, "1.5 s")])
def test_latency_fits_its_unit(value: float, text: str) -> None:
    assert formats.milliseconds(value) == text


def test_unknown_values_are_a_dash() -> None:
    writers = (formats.number, formats.rate, formats.size, formats.milliseconds, formats.duration)
    assert {write(None) for write in writers} == {"–"}


def test_short_id_is_the_end() -> None:
    assert formats.short_id("018f0000-0000-7000-8000-0123456789ab") == "…456789ab"


@pytest.mark.parametrize(
    ("counts", "whole", "spans"),
    [
        ([5, 0, 5], 10, [(0, 50), (50, 0), (50, 50)]),
        ([1, 1], 4, [(0, 25), (25, 25)]),
        ([0, 0], 0, [(0, 0), (0, 0)]),
        ([3], None, [(0, 0)]),
        ([999_999, 0, 1, 0], 1_000_000, [(0, 99.5), (99.5, 0), (99.5, 0.5), (100, 0)]),
    ],
)
def test_bar_fills_and_shows_the_least(counts: list[int], whole: int | None, spans: list[tuple[float, float]]) -> None:
    assert formats.bar_spans(counts, whole) == spans
