"""Internal names: derived, checked, made unique."""

import pytest

from tessera.platform.names import derive_internal_name, is_internal_name, next_free_name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Gold members", "gold_members"),
        ("  CRM -- Über-VIPs (2024)  ", "crm_uber_vips_2024"),
        ("Crm_2", "crm_2"),
        ("__a__b__", "a_b"),
        ("ﬁne ①", "fine_1"),
        ("会员", "query"),
        ("", "query"),
        ("---", "query"),
        ("x" * 300, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
    ],
)
def test_label_gives_name(label: str, name: str) -> None:
    assert derive_internal_name(label, "query") == name
    assert is_internal_name(name)


@pytest.mark.parametrize("text", ["a b", "a-b", "é", "", "a\n", "x" * 101, "１"])
def test_other_characters_are_refused(text: str) -> None:
    assert not is_internal_name(text)


def test_mixed_case_is_accepted() -> None:
    assert is_internal_name("Crm_2")


def test_taken_name_gets_the_lowest_free_number() -> None:
    assert next_free_name("crm", {"other"}) == "crm"
    assert next_free_name("CRM", {"crm", "crm_1", "crm_3"}) == "CRM_2"


def test_numbered_name_stays_within_the_limit() -> None:
    longest = "x" * 100
    free = next_free_name(longest, {longest})
    assert free == "x" * 98 + "_1"
    assert is_internal_name(free)
