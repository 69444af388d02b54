"""What somebody who means harm types into fields, and which kinds of property must refuse it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from tessera.connectors.contract import ConnectorType, Property, PropertyKind

K = PropertyKind
EVERY = frozenset(PropertyKind) - {K.BOOL}
NARROW = EVERY - {K.TEXT, K.SECRET, K.HEADERS}


@dataclass(frozen=True)
class Attack:
    """A text, and the kinds that must not take it; the others store it as the text that it is."""

    name: str
    text: str
    refused_by: frozenset[PropertyKind]

    def is_refused(self, each: Property) -> bool:
        """Say whether the property must refuse it."""
        return each.kind in self.refused_by and not (each.multiline and self.name == "line breaks")


ATTACKS = (
    Attack("script", "<script>alert(1)</script>", NARROW),
    Attack("expression", "{{ 1234567 * 7 }}${1234567*7}", NARROW),
    Attack("code zero", "a\0b", EVERY),
    Attack("line breaks", "a\r\nSet-Cookie: b=1\r\n\r\n<script>alert(1)</script>", EVERY),
    Attack("depth", "[" * 60_000, EVERY),
    Attack("length", "x" * 150_000, EVERY),
)


def variants() -> Iterator[tuple[ConnectorType, str]]:
    """Yield every connector with each of its variants."""
    from tessera.connectors.contract import connector_types

    for connector in connector_types().values():
        yield from ((connector, variant.key) for variant in connector.variants)


def choices(connector: ConnectorType, variant: str) -> Iterator[dict[str, str]]:
    """Yield, for every combination of choices that decides about other properties, those choices."""
    deciding = {each.shown_when.key for each in connector.properties if each.shown_when} - {"variant"}
    chosen = [each for each in connector.shown_properties(variant, {}) if each.key in deciding and each.choices]
    for values in product(*(each.choices for each in chosen)):
        yield {each.key: value for each, value in zip(chosen, values, strict=True)}
