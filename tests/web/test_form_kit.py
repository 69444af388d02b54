"""The form kit: typed values, every fault at its field at once, repeated and numbered rows, and the answer's status."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tessera.web.forms import Form, FormInvalidError, faults_of, form_status, make_form

ONE = UUID(int=1)


def test_fields_become_typed_values() -> None:
    form = make_form(
        [
            ("name", " Gold "),
            ("points", "-1,250"),
            ("day", "2031-12-31"),
            ("at", "2031-12-31T08:30"),
            ("box", "true"),
            ("id", str(ONE)),
            ("version", "7"),
            ("notes", "one\r\ntwo"),
        ]
    )

    assert (form.text("name"), form.whole("points"), form.day("day")) == ("Gold", -1250, date(2031, 12, 31))
    assert (form.moment("at"), form.id("id")) == (datetime(2031, 12, 31, 8, 30, tzinfo=UTC), ONE)
    assert (form.ticked("box"), form.ticked("other"), form.version) == (True, False, 7)
    assert form.text("notes") == "one\ntwo"
    form.check()


def test_all_faults_are_told_at_once_and_what_was_typed_stays() -> None:
    form = Form.of({"name": " ", "points": "ten", "day": "1999-01-01", "state": "Lost", "number": "1\x00"})
    form.text("name", required=True)
    form.whole("points")
    form.whole("missing", required=True)
    form.day("day", years=range(2000, 2100))
    form.choice("state", {"New"})
    form.text("number")

    with pytest.raises(FormInvalidError) as refused:
        form.check()
    assert list(faults_of(refused.value)) == ["name", "points", "missing", "day", "state", "number"]
    assert form.typed["points"] == "ten"


def test_rows_repeat_or_are_numbered() -> None:
    rows = [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    assert Form.of({"label": "x"}, rows).rows("name", "value") == [("a", "1"), ("b", "2")]

    numbered = Form.of(
        {"h-10-name": "late", "h-2-name": "early", "h-2-value": "v", "h-x-name": "no", "h-1-other": "no"}
    )
    assert numbered.numbered_rows("h", ("name", "value")) == [{"name": "early", "value": "v"}, {"name": "late"}]


def test_ids_that_are_none_are_a_fault_and_not_shown_again() -> None:
    form = make_form([("role_ids", str(ONE)), ("role_ids", "admin")])

    assert form.ids("role_ids") == {ONE}
    assert "'admin'" in form.faults["role_ids"]


@pytest.mark.parametrize(
    ("error", "status"),
    [(None, 200), (InvalidError(""), 422), (NotFoundError(""), 422), (ConflictError(""), 409), (DeniedError(""), 403)],
)
def test_status_of_a_form_is_chosen_in_one_place(error: InvalidError | None, status: int) -> None:
    assert form_status(error) == status


def test_secrets_are_not_shown_again() -> None:
    assert Form.of({"label": "x", "passphrase": "quiet"}).without("passphrase").typed == {"label": "x"}


def test_wall_time_has_no_zone() -> None:
    form = Form.of({"at": "2031-12-31T08:30", "zoned": "2031-12-31T08:30Z", "day": "2031-12-31", "empty": ""})

    assert form.wall_time("at") == datetime(2031, 12, 31, 8, 30)  # noqa: DTZ001 - that is the point
    assert [form.wall_time(name) for name in ("zoned", "day", "empty")] == [None, None, None]
    assert list(form.faults) == ["zoned", "day"]
    form.wall_time("none", required=True)
    assert form.faults["none"] == "Required."


def test_repeated_days_come_in_order_and_once() -> None:
    form = make_form([("off", "2031-12-26"), ("off", ""), ("off", "2031-12-25"), ("off", "2031-12-26")])

    assert form.days("off") == [date(2031, 12, 25), date(2031, 12, 26)]
    assert make_form([("off", "soon")]).days("off") == []


def test_name_of_what_goes_must_be_spelled() -> None:
    assert Form.of({"confirm_name": " Gold "}).spelled("confirm_name", "Gold")
    form = Form.of({"confirm_name": "gold"})
    assert not form.spelled("confirm_name", "Gold")
    assert form.faults == {"confirm_name": "Type Gold to confirm."}
