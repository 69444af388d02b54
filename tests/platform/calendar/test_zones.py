"""Which zones there are, and which release of their data is in use."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tessera.platform.calendar import list_zones, zone_data_version
from tessera.platform.calendar import zones as module


@pytest.fixture(autouse=True)
def asked_again() -> Iterator[None]:
    zone_data_version.cache_clear()
    yield
    zone_data_version.cache_clear()


def test_zones_are_names_of_places() -> None:
    assert {"UTC", "Europe/Berlin", "America/New_York"} <= set(list_zones())
    assert not {"localtime", "posixrules", "Factory", "zone.tab"} & set(list_zones())


@pytest.mark.parametrize(
    ("file", "line", "version"),
    [("tzdata.zi", "# version 2026a\nR d", "2026a"), ("+VERSION", "2026b\n", "2026b"), ("zone.tab", "# zones", "")],
)
def test_release_is_that_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, line: str, version: str
) -> None:
    (tmp_path / "UTC").touch()
    (tmp_path / file).write_text(line, encoding="ascii")
    monkeypatch.setattr(module, "TZPATH", ("/nowhere", str(tmp_path)))

    assert zone_data_version() == version


def test_release_is_that_of_the_package_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TZPATH", ())

    assert re.fullmatch(r"20\d\d[a-z]", zone_data_version())
