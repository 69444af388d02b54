"""The data map as rows of a grid, and back."""

from typing import Any

import msgspec
import pytest
from tests.builders.mparticle_receiver import PROFILES

from tessera.connectors import clean_plain_settings
from tessera.outbound.kinds.mparticle.batches import BatchShape, read_shape
from tessera.outbound.kinds.mparticle.export_settings import EXPORT_PROPERTIES
from tessera.outbound.kinds.mparticle.mapping_rows import LAYOUT, from_row, to_row
from tessera.platform.assets import SettingsInvalidError


def shape_of(lines: Any) -> BatchShape:
    return read_shape({"lines": lines})


def test_lines_come_back_from_rows() -> None:
    stored = msgspec.to_builtins(PROFILES)["lines"]
    again = LAYOUT.keep_rows(LAYOUT.show_rows(stored))
    assert shape_of(again).lines == PROFILES.lines


@pytest.mark.parametrize("constant", ["gold", "", "=x", "5", "true", '"quoted"', 5, -1.5, True, False, "NaN", "a b"])
def test_constant_stays_what_it_is(constant: str | float | bool) -> None:
    line = {"target": "user_attribute", "name": "level", "constant": constant}
    row = to_row(line)
    assert row["source"].startswith("=")
    again = from_row(row)
    assert again == line
    assert type(again["constant"]) is type(constant)


def test_line_keeps_transform_and_empty_value() -> None:
    row = {"source": "email", "target_kind": "user_attribute", "target": "mail", "transform": "lower", "empty": "send"}
    line = {"target": "user_attribute", "name": "mail", "column": "email", "transform": "lower", "empty": "send"}
    assert from_row(row) == line
    assert to_row(line) == row


def test_columns_are_mapped_by_their_names() -> None:
    assert LAYOUT.propose is not None
    found = [(row.source, row.target_kind, row.target) for row in LAYOUT.propose(["external_id", "City", "colour"])]
    assert found == [("external_id", "user_identity", "customer_id"), ("City", "user_attribute", "$city")]


def test_plain_lines_and_their_text_are_taken() -> None:
    lines = [{"target": "user_identity", "name": "customer_id", "column": "id"}]
    for given in (lines, msgspec.json.encode(lines).decode()):
        assert clean_plain_settings(EXPORT_PROPERTIES, {"lines": given})["lines"] == lines


@pytest.mark.parametrize("given", [[], None, "[{", [{"target": "nothing"}], 7])
def test_lines_that_are_none_are_refused(given: Any) -> None:
    with pytest.raises(SettingsInvalidError) as refused:
        clean_plain_settings(EXPORT_PROPERTIES, {"lines": given})
    assert list(refused.value.details["faults"]) == ["settings.lines"]  # type: ignore[call-overload]
