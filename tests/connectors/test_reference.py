"""The reference names everything that there is."""

from dataclasses import fields
from pathlib import Path

import pytest

from tessera.connectors.contract.registry import connector_types
from tessera.connectors.contract.types import ConnectorType
from tessera.outbound.rendering import ErrorPath, TemplateShape
from tessera.outbound.rendering.expressions import FACTS
from tessera.outbound.rendering.filters import FILTERS
from tessera.outbound.rendering.operators import TESTS
from tessera.outbound.senders import OutcomeKind

DOCS = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    "word",
    [
        *(each.name for each in fields(TemplateShape)),
        *(each.name for each in fields(ErrorPath)),
        *(f"run.{fact}" for fact in FACTS),
        *FILTERS,
        *(f"is {test}" for test in TESTS),
    ],
)
def test_templates_page_names(word: str) -> None:
    text = (DOCS / "templates.md").read_text()
    assert f"`{word}" in text or f"`{word}`" in text


def test_connectors_page_names_every_property_and_class() -> None:
    text = (DOCS / "connectors.md").read_text()
    for connector in connector_types().values():
        assert f"`{connector.key}`" in text
        assert all(f"`{variant.key}` ({variant.label})" in " ".join(text.split()) for variant in connector.variants)
        assert all(f"| `{each.key}` | {each.label} |" in text for each in connector.properties)
    assert all(f"`{kind}`" in text for kind in OutcomeKind)
    assert all(f"`{each.name}`" in text for each in fields(ConnectorType))
