"""Root paths and names of files, joined as POSIX does."""

import pytest

from tessera.connectors.files.errors import FileNameInvalidError
from tessera.connectors.files.paths import check_name, check_prefix, clean_root, join, relative


@pytest.mark.parametrize(
    ("given", "stored"),
    [("", ""), (" /out/ ", "/out"), ("out//daily/./", "out/daily"), ("/", "/"), ("ünï cödé", "ünï cödé"), (".", "")],
)
def test_root_path_is_stored_in_one_spelling(given: str, stored: str) -> None:
    assert clean_root(given) == stored


@pytest.mark.parametrize("given", ["..", "/../etc", "out/..", "a\nb", "a\0", "a\u2028b", "x" * 901, "y" * 256])
def test_root_path_that_leads_out_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        clean_root(given)


@pytest.mark.parametrize(
    ("root", "name", "path"),
    [("", "a.csv", "a.csv"), ("/", "a.csv", "/a.csv"), ("/out", "b/a.csv", "/out/b/a.csv"), ("out", "", "out")],
)
def test_names_are_joined_below_the_root(root: str, name: str, path: str) -> None:
    assert join(root, name) == path
    assert not name or relative(root, path) == name


def test_names_with_dots_that_lead_nowhere_are_names() -> None:
    assert check_name("..a/b..") == "..a/b.."
    assert check_prefix("/a/b/") == "a/b"
    with pytest.raises(FileNameInvalidError, match="cannot be used"):
        check_name("a/..")
