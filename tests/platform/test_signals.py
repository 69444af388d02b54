"""How an interrupt ends what a command does."""

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from tessera.platform.signals import run_until_interrupted


def test_an_interrupt_whose_cancellation_was_lost_still_ends_the_work() -> None:
    async def lose_the_first_one() -> None:
        with suppress(asyncio.CancelledError):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run_until_interrupted(lose_the_first_one())


def test_work_that_ends_by_itself_gives_its_result() -> None:
    async def work() -> int:
        return 7

    assert run_until_interrupted(work()) == 7


def test_a_cancellation_that_nobody_asked_for_is_no_interrupt() -> None:
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_until_interrupted(give_up())
