"""Mappings: what is stored, and every fault at its cell at once."""

from typing import Any

import pytest

from tessera.connectors.contract import (
    Capabilities,
    ConnectorType,
    MappingLayout,
    Property,
    PropertyKind,
    Variant,
)
from tessera.connectors.properties import check_properties

LAYOUT = MappingLayout(
    (("identity", "Identity"), ("attribute", "Attribute")),
    targets={"identity": ("email", "customer_id")},
    transforms=(("lower", "Lower case"),),
    repeatable=frozenset({"attribute"}),
    most=4,
)
EMAIL = {"source": "mail", "target_kind": "identity", "target": "email"}


def test_rows_are_stored_whole() -> None:
    assert LAYOUT.check([EMAIL | {"source": " mail "}]) == ([EMAIL | {"transform": "", "empty": ""}], {})


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ({"source": ""}, "source", "Required."),
        ({"target": ""}, "target", "Required."),
        ({"target": "phone"}, "target", "Choose one of email, customer_id."),
        ({"target_kind": "other"}, "target_kind", "Choose one of identity, attribute."),
        ({"transform": "upper"}, "transform", "Choose one of lower."),
        ({"empty": "null"}, "empty", "Leave it empty."),
        ({"source": "a\x07"}, "source", "printable"),
        ({"target_kind": "attribute", "target": "x" * 256}, "target", "at most 255"),
    ],
)
def test_fault_names_its_cell(row: dict[str, str], column: str, words: str) -> None:
    _, cells = LAYOUT.check([EMAIL | {"target": "customer_id"}, EMAIL | row])

    assert list(cells) == [(1, column)]
    assert words in cells[1, column]


def test_second_row_of_a_target_is_refused() -> None:
    _, cells = LAYOUT.check([EMAIL, EMAIL | {"source": "other"}])

    assert cells == {(1, "target"): "Row 1 has this target already. Take one of them out."}


def test_repeatable_target_may_have_several_rows() -> None:
    tag = {"source": "a", "target_kind": "attribute", "target": "tag"}

    assert LAYOUT.check([tag, tag | {"source": "b"}])[1] == {}


@pytest.mark.parametrize("value", ["x", [1], [{"source": 1}], [{"column": "x"}], [EMAIL] * 5])
def test_what_is_no_mapping_is_refused_as_a_whole(value: Any) -> None:
    with pytest.raises(ValueError, match=r"Give a list of rows|More than 4 rows"):
        LAYOUT.check(value)


def make_type(*, required: bool) -> ConnectorType:
    columns = Property("columns", "Columns", "…", PropertyKind.MAPPING, required, mapping=LAYOUT)
    standard = (Variant("standard", "Standard"),)
    return ConnectorType("test", "Test", "Test", "test", standard, (columns,), Capabilities(), frozenset())


def check(value: Any, *, required: bool = False) -> Any:
    given = {} if value is None else {"columns": value}
    connector = make_type(required=required)
    return check_properties(connector, "standard", given, stored={}, sealed=(), check_url=str)


def test_property_names_faults_by_cell() -> None:
    checked = check([EMAIL, {"source": "x", "target_kind": "attribute", "target": ""}])

    assert checked.faults == {"columns-1-target": "Required."}


def test_required_mapping_needs_a_row() -> None:
    assert check([], required=True).missing == ["columns"]
    assert check(None).settings == {"columns": []}
