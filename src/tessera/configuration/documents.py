"""From YAML texts to items, each with its line. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import yaml

from tessera.configuration.errors import ConfigurationError
from tessera.configuration.scalars import CoreLoader, Unclear, read_scalar
from tessera.platform.characters import is_encodable

# More nodes than any hand writes; an alias that multiplies itself ends here.
MOST_NODES = 200_000
LARGEST_FILE = 10_000_000
CHAIN = "chain"


class Kind(StrEnum):
    """What can be configured, in the order in which one thing needs the other."""

    ENCRYPTION_KEYS = "encryption_keys"
    PROFILES = "profiles"
    QUERIES = "queries"
    TEMPLATES = "templates"
    EXPORTS = "exports"

    @property
    def singular(self) -> str:
        """What one of them is called."""
        return SINGULARS[self]


SINGULARS = {
    Kind.ENCRYPTION_KEYS: "encryption key",
    Kind.PROFILES: "profile",
    Kind.QUERIES: "query",
    Kind.TEMPLATES: "template",
    Kind.EXPORTS: "export",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a file describes, by its internal name."""

    kind: Kind
    name: str
    values: Mapping[str, Any]
    file: str
    line: int

    def fault(self, message: str) -> ConfigurationError:
        """Return the error that says what is wrong with this item."""
        return ConfigurationError(f"{self.kind.singular} {self.name}: {message}", file=self.file, line=self.line)


@dataclass(frozen=True, slots=True)
class Document:
    """All files together: the chain that they name, if any does, and what they describe."""

    chain: str | None
    items: Sequence[Item]


def read_documents(texts: Mapping[str, str]) -> Document:
    """Return what the files describe; a thing described twice, or two chains, are refused."""
    chain: str | None = None
    items: dict[tuple[Kind, str], Item] = {}
    for file, text in texts.items():
        named, found = read_document(file, text)
        if named is not None and chain not in (None, named):
            raise ConfigurationError(f"the files before name the chain {chain}. Apply one chain at a time.", file=file)
        chain = named or chain
        for item in found:
            before = items.setdefault((item.kind, item.name.lower()), item)
            if before is not item:
                raise item.fault(f"it is described already in {before.file}, line {before.line}. Keep one.")
    return Document(chain, list(items.values()))


def read_document(file: str, text: str) -> tuple[str | None, list[Item]]:
    """Return the chain that one file names, and its items."""
    if len(text) > LARGEST_FILE:
        raise ConfigurationError(f"larger than {LARGEST_FILE:,} characters. Split it.", file=file)
    root = compose(file, text)
    if root is None:
        return None, []
    chain: str | None = None
    items: list[Item] = []
    reader = Reader(file)
    for key, node in reader.members(root, "the file"):
        if key == CHAIN:
            # A name is the text that it is: `007` is one.
            chain = reader.text(node)
        elif key in set(Kind):
            items += reader.items(Kind(key), node)
        else:
            known = ", ".join([CHAIN, *Kind])
            raise ConfigurationError(f"there is no section {key!r}. There are: {known}.", file=file, line=line_of(node))
    return chain, items


def compose(file: str, text: str) -> yaml.Node | None:
    """Return the file's syntax tree."""
    try:
        return yaml.compose(text.removeprefix("\ufeff"), Loader=CoreLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise ConfigurationError(str(problem), file=file, line=mark.line + 1 if mark else None) from None
    except (RecursionError, ValueError) as error:
        raise ConfigurationError(f"it cannot be read as YAML: {error}", file=file) from None


class Reader:
    """Turns syntax trees into plain values, and counts what it reads."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._read = 0

    def items(self, kind: Kind, node: yaml.Node) -> Iterator[Item]:
        """Yield the items of one section."""
        for name, body in self.members(node, kind):
            values = {key: self.value(inner) for key, inner in self.members(body, f"{kind.singular} {name}")}
            yield Item(kind, name, values, self._file, line_of(body))

    def members(self, node: yaml.Node, what: str) -> Iterator[tuple[str, yaml.Node]]:
        """Yield the members of a mapping; a key that comes twice is refused."""
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
            return
        if not isinstance(node, yaml.MappingNode):
            raise self.fault(f"{what} must be a mapping of names to values", node)
        seen: set[str] = set()
        for key, inner in node.value:
            # A key is the text that it is: `on` and `007` are names.
            name = self.text(key)
            if name in seen:
                raise self.fault(f"{name!r} occurs twice in {what}. Keep one", key)
            seen.add(name)
            yield name, inner

    def value(self, node: yaml.Node) -> Any:
        """Return the node's plain value."""
        self._read += 1
        if self._read > MOST_NODES:
            raise self.fault(f"more than {MOST_NODES:,} values. Split the file", node)
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(inner) for key, inner in self.members(node, "a value")}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(inner) for inner in node.value]
        return self.scalar(node)

    def text(self, node: yaml.Node) -> str:
        """Return what is written, whatever it would mean as a value."""
        text = str(node.value if isinstance(node, yaml.ScalarNode) else self.value(node))
        if not is_encodable(text):
            raise self.fault(f"{text[:80]!a} holds half of a surrogate pair, which is not a character. Delete it", node)
        return text

    def scalar(self, node: yaml.Node) -> Any:
        """Return a text, number, truth or null; everything else stays the text that it is."""
        if not isinstance(node, yaml.ScalarNode):
            raise self.fault(f"{str(node.value)[:80]!r} cannot be read here", node)
        self.text(node)
        try:
            return read_scalar(node)
        except Unclear as error:
            raise self.fault(str(error), node) from None

    def fault(self, message: str, node: yaml.Node) -> ConfigurationError:
        """Return the error at a node."""
        return ConfigurationError(f"{message}.", file=self._file, line=line_of(node))


def line_of(node: yaml.Node) -> int:
    """Return the line that a node begins on, from 1."""
    return int(node.start_mark.line) + 1
