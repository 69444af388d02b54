"""What a plain scalar of a YAML file means: YAML 1.2's core schema, and nothing that would change on its way. Pure."""

import re
from contextlib import suppress
from typing import Any

import yaml

from tessera.platform.json_values import read_number

PREFIX = "tag:yaml.org,2002:"
TAGS = {f"{PREFIX}{name}": name for name in ("null", "bool", "int", "float")}
TEXTS = frozenset(f"{PREFIX}{name}" for name in ("str", "timestamp", "binary"))
FIRST = list("-+.0123456789")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")
BEYOND = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(?P<rest>(\.[0-9]+)?([eE][-+]?[0-9]+)?)")
NULL = re.compile(r"~|null|Null|NULL|")
BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
LONGEST_NUMBER = 1000
LARGEST_EXPONENT = 2000


class Unclear(Exception):  # noqa: N818 - never leaves this package
    """The scalar would be stored otherwise than it is written."""


class CoreLoader(yaml.SafeLoader):
    """Resolves plain scalars by YAML 1.2: `NO` and `12:30` are texts there, in PyYAML's 1.1 they are not."""


def add_resolvers(resolver: Any) -> None:
    """Let a loader or dumper know which plain scalars are not texts."""
    resolver.add_implicit_resolver(f"{PREFIX}null", anchored(NULL), ["~", "n", "N", ""])
    resolver.add_implicit_resolver(f"{PREFIX}bool", anchored(BOOL), list("tTfF"))
    resolver.add_implicit_resolver(f"{PREFIX}float", anchored(NUMBER), FIRST)
    resolver.add_implicit_resolver(f"{PREFIX}float", anchored(BEYOND), FIRST)


def anchored(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Return the pattern for whole scalars, as PyYAML matches from the beginning only."""
    return re.compile(rf"(?:{pattern.pattern})\Z")


# Without PyYAML's own: they would take `NO` for false.
CoreLoader.yaml_implicit_resolvers = {}
add_resolvers(CoreLoader)


def read_scalar(node: yaml.ScalarNode) -> Any:
    """Return a text, number, truth or null; raise `Unclear` for what could not be stored as it is written."""
    kind, text = TAGS.get(node.tag), str(node.value)
    if node.tag in TEXTS:
        return text
    if kind is None:
        raise Unclear(f"{text[:80]!r} cannot be read here")
    if kind == "null" and NULL.fullmatch(text):
        return None
    if kind == "bool" and BOOL.fullmatch(text):
        return text.lower() == "true"
    return read_plain_number(text)


def read_plain_number(text: str) -> Any:
    """Return the number that the text spells exactly as JSON does."""
    found = JSON_NUMBER.fullmatch(text)
    if found is None:
        raise Unclear(f"{text[:80]!r} is a number to YAML, and would not stay as it is written. Put it in quotes")
    if len(text) > LONGEST_NUMBER:
        raise Unclear("the number is too long. Put it in quotes")
    if not found["rest"]:
        return int(text)
    with suppress(ValueError):
        number = read_number(text)
        if abs(number.adjusted()) <= LARGEST_EXPONENT:
            return number
    raise Unclear("the number is too large or too small. Put it in quotes")
