"""YAML texts become items with their places; what cannot be read is told of with file and line."""

from pathlib import Path

import pytest

from tessera.configuration import ConfigurationError, read_documents
from tessera.configuration.documents import Kind
from tessera.configuration.scope import secret_reader
from tessera.configuration.shapes import SecretSource, Spec, read_spec

FAULTS = [
    ("profiles: {a: {label: x}}", r"a\.yaml, line 1: profile a: .*type"),
    ("profiles:\n  a: {label: x, type: http_api, colour: red}", r"a\.yaml, line 2: profile a: .*colour"),
    ("exports:\n  a: {label: 7, query: q, template: t}", r"line 2: export a: Expected `str`, got `int`"),
    ("queries:\n  a: {label: x\n", r"a\.yaml, line \d"),
    ("colours: {a: {}}", r"there is no section 'colours'"),
    ("queries: [a, b]", r"queries must be a mapping"),
    ("queries:\n  a: {}\n  a: {}", r"line 3: 'a' stands twice"),
    ("queries:\n  a: {}\n  A: {}", r"line 3: query A: it is described already in a\.yaml, line 2"),
    ("queries: {a: !!python/object/apply:os.system [ls]}", r"must be a mapping"),
    ("queries: {a: {label: !!python/name:os.system x}}", r"cannot be read here"),
    ("a: &a [x,x]\n", r"there is no section 'a'"),
    ("\0", r"a\.yaml"),
    ("- 1", r"the file must be a mapping"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS, ids=range(len(FAULTS)))
def test_fault_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_everything(text)


def read_everything(text: str) -> list[Spec]:
    return [read_spec(item) for item in read_documents({"a.yaml": text}).items]


def test_alias_that_multiplies_itself_ends() -> None:
    lines = ["queries:", "  a:", "    x0: &x0 [1,1,1,1,1,1,1,1,1,1]"]
    lines += [f"    x{n}: &x{n} [{','.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ConfigurationError, match="more than 200,000 values"):
        read_documents({"a.yaml": "\n".join(lines)})


def test_files_are_read_together() -> None:
    document = read_documents({"a.yaml": "chain: North\nqueries: {a: {}}", "b.yaml": "queries: {b: {}}", "c.yaml": ""})
    assert document.chain == "North"
    assert [(item.kind, item.name, item.file) for item in document.items] == [
        (Kind.QUERIES, "a", "a.yaml"),
        (Kind.QUERIES, "b", "b.yaml"),
    ]
    with pytest.raises(ConfigurationError, match="Apply one chain at a time"):
        read_documents({"a.yaml": "chain: North", "b.yaml": "chain: South"})


def test_dates_stay_texts() -> None:
    (item,) = read_documents({"a.yaml": "queries: {a: {day: 2031-05-01, on: yes, n: 07, f: 1.5}}"}).items
    assert item.values == {"day": "2031-05-01", "on": True, "n": 7, "f": 1.5}


def test_secret_comes_from_one_place(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    read = secret_reader({"NAME": "from the environment"})
    assert read(SecretSource(env="NAME")) == "from the environment"
    assert read(SecretSource(file=str(path))) == "from a file"
    assert read("kept") is None
    for source in (
        SecretSource(),
        SecretSource(env="NAME", file="x"),
        SecretSource(env="OTHER"),
        SecretSource(file="/no"),
    ):
        with pytest.raises(Exception, match=r"one place|is empty|cannot be read"):
            read(source)
