"""*Test connection* of file stores: steps in order, the first that fails ends the test, and says why."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

from tessera.connectors.contract import ProbeStep
from tessera.connectors.files import FileError, FileStore, FileTransferBrokenError
from tessera.platform.errors import TesseraError
from tessera.platform.http import CallError
from tessera.platform.ids import new_id

WRITE = "write"
WRITE_OPTION = {WRITE: "Write and delete a probe file"}
FIND, LIST, WRITE_TITLE = "Find the host", "List the root path", "Write, read and delete a probe file"
NOT_REACHED = "Not reached."
PROBE_BYTES = b"Tessera was here to test this connection. This file can be deleted.\n"


class StepReport:
    """What a step says when it ends well."""

    def __init__(self) -> None:
        self.message = "Done."


class Steps:
    """The steps taken so far."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._titles = titles
        self._taken: list[ProbeStep] = []
        self.ended = False

    @contextmanager
    def step(self, title: str) -> Iterator[StepReport]:
        """Take a step; its failure is written down and ends the test."""
        report = StepReport()
        try:
            yield report
        except (FileError, CallError) as error:
            self.fail(title, error)
        else:
            self._taken.append(ProbeStep(title, passed=True, message=report.message))

    def fail(self, title: str, error: TesseraError) -> None:
        """Write down a failed step; it is the last one."""
        self._taken.append(ProbeStep(title, passed=False, message=error.message))
        self.ended = True

    def all(self) -> list[ProbeStep]:
        """Return every step, those that were not reached too."""
        taken = {step.title: step for step in self._taken}
        return [taken.get(title, ProbeStep(title, passed=None, message=NOT_REACHED)) for title in self._titles]


def titles_of(*first: str, options: frozenset[str]) -> tuple[str, ...]:
    """Return the titles of a test, the writing one only where it was asked for."""
    return (*first, LIST, *((WRITE_TITLE,) if WRITE in options else ()))


async def probe_store(steps: Steps, store: FileStore, options: frozenset[str]) -> None:
    """List the root path; where that was asked for, leave a trace there and take it away again."""
    with steps.step(LIST) as report:
        page = await store.list_page(limit=1)
        report.message = f"There is {page.items[0].name}, for instance." if page.items else "It holds no file."
    if WRITE in options and not steps.ended:
        with steps.step(WRITE_TITLE) as report:
            await write_and_delete(store)
            report.message = f"{len(PROBE_BYTES)} bytes went there and came back."


async def write_and_delete(store: FileStore) -> None:
    """Write a file under an unused name, read it, and delete it whatever came back."""
    name = f"tessera-probe-{new_id().hex}.txt"
    await store.put(name, once(PROBE_BYTES))
    try:
        found = b"".join([chunk async for chunk in store.read(name)])
    finally:
        await store.delete(name)
    if found != PROBE_BYTES:
        raise FileTransferBrokenError(
            "The probe file came back changed. Something between here and the store alters files."
        )


async def once(data: bytes) -> AsyncIterator[bytes]:
    """Yield the bytes."""
    yield data
