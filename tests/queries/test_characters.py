"""Characters that look like SQL are named with their place, wherever they mean nothing."""

import pytest

from tessera.queries import check_query
from tessera.queries.errors import QueryInvalidError

STRANGE = [
    ("SELECT\u00a0email FROM members", 7, r"no-break space \(U\+00A0\) .* plain space"),
    ("\ufeffSELECT email FROM members", 1, r"U\+FEFF\) .* cannot be seen. Delete it"),
    ("SELECT em\u200bail FROM members", 10, r"zero width space \(U\+200B\)"),
    ("SELECT email\u202e FROM members", 13, r"right-to-left override"),
    ("SELECT email FROM members WHERE tier = \u2018gold\u2019", 40, r"left single quotation mark .* Write ' around"),
    ("SELECT email AS \u201cmail\u201d FROM members", 17, r"left double quotation mark"),
    ("SELECT balance \u2212 1 FROM members", 16, r"minus sign"),
    ("SELECT email\uff0c id FROM members", 13, r"fullwidth comma"),
    ("SELECT /* \u201c */ email\u00a0FROM members", 21, r"no-break space"),
    ("SELECT email FROM members WHERE tier = 'gold\u2019", 45, "never closed, and \u2019 is not a quote"),
    ("SELECT email\x1f FROM members", 13, r"U\+001F"),
]


@pytest.mark.parametrize(("text", "column", "message"), STRANGE)
def test_strange_character_is_named_with_its_place(text: str, column: int, message: str) -> None:
    with pytest.raises(QueryInvalidError, match=message) as caught:
        check_query(text)
    assert (caught.value.details["line"], caught.value.details["column"]) == (1, column)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT email FROM members WHERE last_name = '\u2018O\u2019Neil\u00a0\u2019'",
        'SELECT email AS "na\u00a0me" FROM members',
        "SELECT email FROM members -- it\u2019s\u00a0so\n/* \u201cso\u201d */",
        "SELECT E'a\u00a0b' AS a, $$\u201cx\u201d$$ AS b FROM members",
        "SELECT email AS größe, 1 AS имя FROM members",
    ],
)
def test_any_character_may_stand_in_quotes_comments_and_names(text: str) -> None:
    assert check_query(text).datasets == {"members"}
