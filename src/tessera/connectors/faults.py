"""Several things wrong with one request, reported together: a form shows every fault at once. Pure."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from tessera.platform.assets import SettingsInvalidError
from tessera.platform.errors import ConflictError, InvalidError, TesseraError


class FaultCollector:
    """Takes up what its blocks raise; a block that failed is left at that point."""

    def __init__(self) -> None:
        self.found: list[TesseraError] = []

    def __enter__(self) -> "FaultCollector":
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if isinstance(error, InvalidError | ConflictError):
            self.found.append(error)
            return True
        return False


@contextmanager
def gather_faults() -> Iterator[FaultCollector]:
    """Raise at the end what the blocks found: a single fault as it is, several as one with each at its field."""
    gathering = FaultCollector()
    yield gathering
    if len(gathering.found) == 1:
        raise gathering.found[0]
    if gathering.found:
        faults = {name: fault for error in gathering.found for name, fault in faults_in(error).items()}
        raise SettingsInvalidError(" ".join(error.message for error in gathering.found), faults=faults)


def faults_in(error: TesseraError) -> dict[str, str]:
    """Return an error's faults by the name of the field."""
    faults = error.details.get("faults")
    return dict(faults) if isinstance(faults, dict) else {str(error.details.get("field") or ""): error.message}
