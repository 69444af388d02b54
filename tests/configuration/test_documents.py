"""YAML texts become items with their places; what cannot be read is told of with file and line."""

from pathlib import Path

import pytest

from tessera.configuration import ConfigurationError, read_documents
from tessera.configuration.documents import Kind
from tessera.configuration.errors import DescriptionError, SecretMissingError
from tessera.configuration.kinds.sources import header_source
from tessera.configuration.scope import secret_reader
from tessera.configuration.shapes import SecretSource, Spec, read_spec
from tessera.platform.json_values import encode

FAULTS = [
    ("profiles: {a: {label: x}}", r"a\.yaml, line 1: profile a: .*type"),
    ("profiles:\n  a: {label: x, type: http_api, colour: red}", r"a\.yaml, line 2: profile a: .*colour"),
    ("exports:\n  a: {label: 7, query: q, template: t}", r"line 2: export a: Expected `str`, got `int`"),
    ("queries:\n  a: {label: x\n", r"a\.yaml, line \d"),
    ("colours: {a: {}}", r"there is no section 'colours'"),
    ("queries: [a, b]", r"queries must be a mapping"),
    ("queries:\n  a: {}\n  a: {}", r"line 3: 'a' occurs twice"),
    ("queries:\n  a: {}\n  A: {}", r"line 3: query A: it is described already in a\.yaml, line 2"),
    ("queries: {a: !!python/object/apply:os.system [ls]}", r"must be a mapping"),
    ("queries: {a: {label: !!python/name:os.system x}}", r"cannot be read here"),
    ("a: &a [x,x]\n", r"there is no section 'a'"),
    ("\0", r"a\.yaml"),
    ("- 1", r"the file must be a mapping"),
    ('queries:\n  a: {label: "\\ud800"}', r"line 2: '\\ud800' holds half of a surrogate pair"),
    ('queries:\n  "\\udfff": {}', r"line 2: '\\udfff' holds half of a surrogate pair"),
    ('chain: "\\ud800"', r"line 1: '\\ud800' holds half of a surrogate pair"),
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


def test_plain_values_are_those_of_the_core_schema() -> None:
    written = """queries:
  a:
    country: NO
    on: yes
    day: 2031-05-01
    time: 12:30:00
    grouped: 1_000
    truth: true
    nothing: ~
    empty:
    n: 7
    f: 1.50
    digits: 0.12345678901234567890
    tiny: 0.00000001
    quoted: "01234"
    tagged: !!str 01234
"""
    (item,) = read_documents({"a.yaml": "\ufeff" + written}).items
    assert encode(item.values) == (
        b'{"country":"NO","on":"yes","day":"2031-05-01","time":"12:30:00","grouped":"1_000","truth":true,'
        b'"nothing":null,"empty":null,"n":7,"f":1.50,"digits":0.12345678901234567890,"tiny":0.00000001,'
        b'"quoted":"01234","tagged":"01234"}'
    )


@pytest.mark.parametrize(
    "value",
    [
        "01234",
        "+39021234",
        "0x1F",
        "0o17",
        ".5",
        "5.",
        "-.inf",
        ".nan",
        "1e9999",
        "1e-99999999999999999999",
        "!!int 0b1",
        "!!float x",
    ],
)
def test_number_that_would_change_is_refused_with_its_place(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"a\.yaml, line 3: .*[Pp]ut it in quotes"):
        read_documents({"a.yaml": f"queries:\n  a:\n    x: {value}"})


def test_chain_is_named_as_it_is_written() -> None:
    assert read_documents({"a.yaml": "chain: 007"}).chain == "007"


def test_value_of_another_type_is_refused_with_advice() -> None:
    export = "exports: {a: {label: x, query: q, template: t, enabled: yes}}"
    for text, advice in (
        ("queries: {a: {label: 1.5, text: x}}", "Put it in quotes"),
        (export, "Write true or false"),
        (
            "queries: {a: {label: x, text: x, parameters: [{name: p, type: text, default: 0.12345678901234567890}]}}",
            "more digits than are kept here. Put it in quotes",
        ),
    ):
        with pytest.raises(ConfigurationError, match=advice):
            read_everything(text)


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
        SecretSource(file="a\0b"),
    ):
        with pytest.raises(SecretMissingError, match=r"one place|is empty|cannot be read|code zero"):
            read(source)


@pytest.mark.parametrize("value", ["in-the-open", 5, {"env": [1]}, {"env": "NAME", "path": "x"}])
def test_secret_header_names_its_source(value: object) -> None:
    with pytest.raises(DescriptionError, match="never written to a file"):
        header_source(value)
