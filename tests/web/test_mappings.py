"""The grid of a mapping: rows read as they were typed, faults at their cells, proposals for what has no row yet."""

from tessera.connectors.contract import MappingLayout, MappingRow
from tessera.web.forms import Form
from tessera.web.mappings import asks_proposals, make_grid, propose_rows, read_grid

LAYOUT = MappingLayout(
    (("identity", "Identity"), ("attribute", "Attribute")),
    targets={"identity": ("email",)},
    propose=lambda sources: [MappingRow(each, "attribute", each) for each in sources],
)
EMAIL = {"source": "mail", "target_kind": "identity", "target": "email", "transform": "", "empty": ""}


def test_rows_come_back_as_they_were_typed() -> None:
    sent = {
        "map-2-source": "mail",
        "map-2-target_kind": "identity",
        "map-2-target": " email ",
        "map-7-source": "",
        "map-7-target_kind": "identity",
        "map-7-target": "",
        "other-1-source": "x",
    }

    assert read_grid("map", Form.of(sent)) == [EMAIL]


def test_faults_stand_at_their_cells() -> None:
    grid = make_grid("map", LAYOUT, [EMAIL, {"source": "x"}], faults={"map-1-target": "Required.", "map": "…"})

    assert [row.faults for row in grid.rows] == [{}, {"target": "Required."}]
    assert grid.labels == {"map-1-target": "Name, row 2"}
    assert LAYOUT.columns == ("source", "target_kind", "target")


def test_proposals_spare_what_is_mapped() -> None:
    named = {**EMAIL, "source": "full_name", "target_kind": "attribute", "target": "name"}
    rows = propose_rows(LAYOUT, [EMAIL, named], ["mail", "full_name", "name", "city"])

    assert rows[:2] == [EMAIL, named]
    assert [(row["source"], row["target"]) for row in rows[2:]] == [("city", "city")]


def test_button_of_another_grid_asks_nothing() -> None:
    form = Form.of({"do": "propose:map"})

    assert asks_proposals(form, "map")
    assert not asks_proposals(form, "ma")
