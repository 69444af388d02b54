"""When a request is tried again."""

from random import Random

import pytest

from tessera.exports.kinds.requests.retries import LONGEST_WAIT, choose_wait, is_last


@pytest.mark.parametrize(("attempt", "most"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (9, LONGEST_WAIT)])
def test_wait_is_jittered_below_its_bound(attempt: int, most: float) -> None:
    waits = [choose_wait(attempt, None, Random(seed)) for seed in range(300)]
    assert 0 <= min(waits) < most * 0.1
    assert most * 0.9 < max(waits) <= most


def test_receivers_wish_is_the_least_wait() -> None:
    waits = [choose_wait(1, 20.0, Random(seed)) for seed in range(100)]
    assert min(waits) >= 20.0
    assert max(waits) <= 22.0


@pytest.mark.parametrize("wish", [0.0, 0.000001])
def test_wish_for_no_wait_shortens_nothing(wish: float) -> None:
    for attempt in range(1, 5):
        for seed in range(50):
            assert choose_wait(attempt, wish, Random(seed)) >= choose_wait(attempt, None, Random(seed)) > 0


def test_lost_attempts_do_not_count() -> None:
    assert is_last(5, 0)
    assert not is_last(5, 1)
    assert is_last(7, 2)
