"""The reference is complete: a setting, command, error code, permission, event or job that it lacks fails here.

What the source can tell stands below a marker. `TESSERA_WRITE_REFERENCE=1 pytest tests/test_reference.py` brings it up
to date; what stands above the marker is written by hand.
"""

import os
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import pytest
from tests.builders.connector_tables import render_connectors
from tests.builders.pages import DOCS, broken_links, first_cells, outcome_codes, read_page, read_section
from tests.builders.reference import api_names, render_commands, render_errors, render_settings

from tessera.connectors.contract.registry import connector_types
from tessera.exports import RunState
from tessera.exports.states import RequestState
from tessera.loyalty.datasets import DATASETS
from tessera.outbound.senders import OutcomeKind
from tessera.platform.permissions import list_permissions

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
MARKER = "<!-- From the source; see tests/test_reference.py. -->\n"


@pytest.mark.parametrize(
    ("page", "render"),
    [
        ("settings.md", render_settings),
        ("commands.md", render_commands),
        ("errors.md", render_errors),
        ("connectors.md", render_connectors),
    ],
)
def test_page_says_what_the_source_says(page: str, render: Callable[[], str]) -> None:
    path = REFERENCE / page
    head, marker, body = path.read_text(encoding="utf-8").partition(MARKER)
    assert marker, f"{path} has lost its marker"
    wanted = f"\n{render().strip()}\n"
    if os.environ.get("TESSERA_WRITE_REFERENCE"):
        path.write_text(f"{head}{marker}{wanted}", encoding="utf-8")
        body = wanted

    assert body == wanted, f"{page} is out of date: TESSERA_WRITE_REFERENCE=1 pytest tests/test_reference.py"


def test_names_page_has_exactly_the_permissions() -> None:
    names = set(list_permissions())
    assert first_cells(read_section("reference/names.md", "Permissions")) == names
    assert api_names()["permission"] <= names


@pytest.mark.parametrize("kind", ["event", "job"])
def test_names_page_has_exactly_what_there_is(kind: str) -> None:
    names = api_names()[kind]
    assert names
    assert first_cells(read_section("reference/names.md", f"{kind.capitalize()}s")) == names


@pytest.mark.parametrize(
    ("section", "kinds"),
    [("Run states", RunState), ("What an answer means", OutcomeKind), ("The request log", RequestState)],
)
def test_exports_page_has_exactly_the_states(section: str, kinds: type[StrEnum]) -> None:
    cells = first_cells(read_section("reference/exports.md", section).split("### Codes")[0])
    assert cells == {kind.value for kind in kinds}


def test_exports_page_has_exactly_the_codes() -> None:
    codes = first_cells(read_section("reference/exports.md", "Codes"))
    assert codes == outcome_codes() | {"status_…"}


def test_connectors_page_has_exactly_the_connectors() -> None:
    keys = set(re.findall(r"^Key `([a-z0-9_]+)`", read_page("reference/connectors.md"), re.MULTILINE))
    assert keys == {connector.key for connector in connector_types().values()}


def test_datasets_page_has_exactly_the_datasets() -> None:
    titles = set(re.findall(r"^## ([a-z_]+)$", read_page("reference/datasets.md"), re.MULTILINE))
    assert titles == {dataset.name for dataset in DATASETS}


@pytest.mark.parametrize("folder", ["reference", "how-to", "decisions"])
def test_index_names_every_page(folder: str) -> None:
    index = read_page(f"{folder}/README.md")
    pages = {path.name for path in (DOCS / folder).glob("*.md")} - {"README.md"}
    assert [page for page in sorted(pages) if f"]({page})" not in index] == []


def test_links_between_pages_lead_somewhere() -> None:
    assert broken_links() == []
