"""How long somebody waits after failing to sign in."""

from datetime import timedelta

import pytest

from tessera.access.sign_in.delays import LONGEST, delay_after


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0), (2, 0), (3, 1), (4, 2), (5, 4), (10, 128), (12, 300), (1_000_000, 300)]
)
def test_delay_doubles_up_to_a_limit(failures: int, seconds: int) -> None:
    assert delay_after(failures, free=3) == timedelta(seconds=seconds)


def test_delay_never_shrinks() -> None:
    delays = [delay_after(failures, free=20) for failures in range(100)]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST
