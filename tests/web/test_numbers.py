"""Numbers that a page wrote and somebody changed: refused or passed over, never a failure of ours."""

from uuid import UUID

import pytest

from tessera.web.forms import Form
from tessera.web.numbers import parse_number

from .conftest import Browser

NOTHING = UUID(int=9)
LONG = ("9" * 19, "9" * 20, "9" * 5_000)


def test_only_plain_digits_within_the_bound_are_a_number() -> None:
    assert [parse_number(text) for text in ("0", "7", "2147483647")] == [0, 7, 2_147_483_647]
    for text in ("", "-1", "+1", " 1", "1.0", "1e3", "٣", "²", "2147483648", *LONG):
        assert parse_number(text) is None


@pytest.mark.parametrize("text", [*LONG, "-" + "9" * 5_000, "1" * 4_400, "--1", "0x10"])
def test_typed_number_out_of_bounds_is_a_fault_of_its_field(text: str) -> None:
    form = Form.of({"points": text})

    assert form.whole("points", least=-10, most=1_000) is None
    assert form.faults == {"points": "Enter a whole number from -10 to 1,000."}


@pytest.mark.parametrize("number", LONG)
async def test_huge_numbers_in_addresses_find_nothing(owner: Browser, number: str) -> None:
    for path in (f"/admin/audit/{number}", f"/admin/exports/runs/{NOTHING}/requests/{number}"):
        assert (await owner.get(path)).status_code == 404
    for query in (f"/admin/audit?after={number}", f"/members?page={number}"):
        assert (await owner.get(query)).status_code < 500
