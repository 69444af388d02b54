import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from tessera.platform.secrets import Masker, Secret, mask

PASSWORD = 'p&ss "wörd"/+1'


@pytest.mark.parametrize(
    "spelling",
    [
        PASSWORD,
        json.dumps(PASSWORD)[1:-1],
        json.dumps(PASSWORD, ensure_ascii=False)[1:-1],
        quote(PASSWORD),
        quote(PASSWORD, safe=""),
        quote_plus(PASSWORD),
        base64.b64encode(PASSWORD.encode()).decode(),
        base64.urlsafe_b64encode(PASSWORD.encode()).decode(),
    ],
)
def test_every_spelling_is_masked(spelling: str) -> None:
    assert mask(f"before {spelling} after {spelling}", [PASSWORD]) == "before *** after ***"


@pytest.mark.parametrize("user", ["a", "ab", "abc", "someone@example.com"])
def test_basic_credentials_are_masked_at_every_offset(user: str) -> None:
    header = "Authorization: Basic " + base64.b64encode(f"{user}:correct horse battery".encode()).decode()
    masked = mask(header, ["correct horse battery"])
    assert "***" in masked
    left = masked.removeprefix("Authorization: Basic ").replace("***", "").rstrip("=")
    # At most a character at each edge remains, which the secret shares with its neighbour.
    assert len(left) <= len(base64.b64encode(f"{user}:".encode()).rstrip(b"=")) + 1


def test_longer_secret_leaves_no_tail() -> None:
    assert mask("abcdef abc", ["abc", "abcdef"]) == "*** ***"


def test_secrets_of_the_type_are_taken() -> None:
    assert mask("say hunter2", [Secret("hunter2")]) == "say ***"


def test_nothing_to_mask_changes_nothing() -> None:
    assert mask("text", []) == mask("text", [""]) == "text"
    assert mask("bm90aGluZw== and more", ["x"]) == "bm90aGluZw== and more"


def test_masker_serves_many_texts_and_hides_itself() -> None:
    masker = Masker(["hunter2"])
    assert [masker.mask(text) for text in ("hunter2", "a hunter2")] == ["***", "a ***"]
    assert "hunter2" not in repr(masker)
