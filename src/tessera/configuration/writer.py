"""Exports what is there, as files that describe it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import yaml

from tessera.configuration.documents import CHAIN, Kind
from tessera.configuration.kinds import HANDLERS
from tessera.configuration.scalars import PREFIX, add_resolvers
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import SPECS

HEAD = """\
# Configuration of Tessera. `tessera plan FILE` shows what would change, `tessera apply FILE` makes it so.
# Secrets are not in here: "kept" leaves the stored one; {env: NAME} or {file: PATH} brings another.
"""


class Writer(yaml.SafeDumper):
    """Writes longer texts as blocks, which can be read and compared line by line."""


def write_text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Return a text of several lines as a block, any other as YAML chooses."""
    block = "\n" in text and not any(line != line.rstrip() for line in text.splitlines())
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else None)


def write_number(writer: yaml.SafeDumper, number: Decimal) -> yaml.ScalarNode:
    """Return a number with the digits that it has."""
    return writer.represent_scalar(f"{PREFIX}float", str(number))


Writer.add_representer(str, write_text)
Writer.add_multi_representer(Decimal, write_number)
# What our reader takes for a number, other readers' resolvers may not: such texts go in quotes too.
add_resolvers(Writer)


async def export_configuration(scope: Scope, chain: str) -> str:
    """Return a chain's whole configuration as one YAML text; applied to the same chain it changes nothing."""
    sections: dict[str, Any] = {CHAIN: chain}
    for kind in Kind:
        known = sorted(await HANDLERS[kind].list_known(scope), key=lambda each: each.name.lower())
        if known:
            sections[kind.value] = {each.name: tidy(each.plain, defaults_of(kind)) for each in known}
    text = yaml.dump(sections, Dumper=Writer, sort_keys=False, allow_unicode=True, width=120)
    return f"{HEAD}\n{text}"


def defaults_of(kind: Kind) -> Mapping[str, Any]:
    """Return what things of the kind are where a file says nothing else."""
    fields = msgspec.structs.fields(SPECS[kind])
    return {each.name: msgspec.to_builtins(each.default) for each in fields if each.default is not msgspec.NODEFAULT}


def tidy(plain: Mapping[str, Any], defaults: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a description without what is empty, and without what is so although nothing says it."""
    shortened = {key: shorten(value, defaults.get(key)) for key, value in plain.items()}
    return {
        key: value
        for key, value in shortened.items()
        if value not in (None, "", [], {}) and (key not in defaults or value != defaults[key])
    }


def shorten(value: Any, default: Any) -> Any:
    """Return a mapping without members that are as by default, any other value as it is."""
    if not (isinstance(value, Mapping) and isinstance(default, Mapping)):
        return value
    return {name: inner for name, inner in value.items() if name not in default or inner != default[name]}
