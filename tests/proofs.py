"""How proofs report: an estimate before the first begins, and a line for each with its time."""

import pytest

MINUTES = 60.0


class ProofReport:
    """Reports the proofs of a run to its terminal."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Refuse a proof that does not say how long it takes, also where no proof is run."""
        minutes_of(item)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say how long it takes, where proofs alone were asked for."""
        proofs = [item for item in session.items if item.get_closest_marker("prove")]
        if self._config.option.markexpr != "prove" or not proofs:
            return
        self._write(f"{len(proofs)} proofs, about {sum(map(minutes_of, proofs)):.0f} minutes on 2 cores:")
        for item in proofs:
            self._write(f"  {minutes_of(item):4.1f} min  {item.nodeid}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say how a proof went, and how long it took."""
        if report.when == "call" and "prove" in report.keywords:
            self._write(f" {report.outcome} in {report.duration / MINUTES:.1f} min: {report.nodeid}")

    def _write(self, line: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(line)


def minutes_of(item: pytest.Item) -> float:
    """Return how long the proof took when it was last measured, on 2 cores; 0 for what is no proof."""
    mark = item.get_closest_marker("prove")
    if mark is None:
        return 0.0
    if "minutes" not in mark.kwargs:
        raise pytest.UsageError(f"{item.nodeid} does not say how long it takes: mark it prove(minutes=…)")
    return float(mark.kwargs["minutes"])
