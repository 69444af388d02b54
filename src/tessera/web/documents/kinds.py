"""JSON Schema in words: what a value is, and within which limits. Pure."""

import json
from collections.abc import Mapping
from typing import Any

Kind = list[tuple[str, str | None]]
"""Pieces of a phrase, and the name of the schema that a piece leads to."""

WORDS = {
    ("string", "uuid"): "UUID",
    ("string", "date-time"): "date-time",
    ("string", "date"): "date",
    ("string", "uri"): "URI",
    ("integer", "int32"): "32-bit integer",
    ("integer", "int64"): "64-bit integer",
}
MOST_WORDS = 30
LARGEST = 2**31 - 1


def target(reference: str) -> str:
    """Return the name of the schema that a reference leads to."""
    return reference.rpartition("/")[2]


def describe_kind(schema: Mapping[str, Any]) -> Kind:
    """Return what a value of this schema is."""
    if "$ref" in schema:
        name = target(schema["$ref"])
        return [(name, name)]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return join([describe_kind(option) for option in schema[key]], " or ")
    if "allOf" in schema:
        return join([describe_kind(option) for option in schema["allOf"]], " and ")
    if "const" in schema:
        return [(repr_json(schema["const"]), None)]
    return join([describe_type(one, schema) for one in types_of(schema)], " or ")


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the names of the types."""
    given = schema.get("type")
    if given is None:
        return ["object"] if "properties" in schema else ["string"] if "enum" in schema else ["any value"]
    return list(given) if isinstance(given, list) else [given]


def describe_type(name: str, schema: Mapping[str, Any]) -> Kind:
    """Return one type in words."""
    if name == "array" and "prefixItems" in schema:
        return [("list of ", None), *join([describe_kind(item) for item in schema["prefixItems"]], " and ")]
    if name == "array":
        items = describe_kind(schema.get("items", {}))
        return [("list of ", None), *items]
    if name == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return [("object of ", None), *describe_kind(schema["additionalProperties"])]
    return [(WORDS.get((name, schema.get("format", "")), name), None)]


def join(kinds: list[Kind], word: str) -> Kind:
    """Return several kinds as one phrase."""
    joined: Kind = []
    for kind in kinds:
        joined += [(word, None), *kind] if joined else kind
    return joined


def list_limits(schema: Mapping[str, Any]) -> list[str]:
    """Return the limits of a value in words."""
    limits = [
        span(schema, "minLength", "maxLength", "characters"),
        span(schema, "minItems", "maxItems", "items"),
        ""
        if schema.get("format") in ("int32", "int64") and not narrower(schema)
        else span(schema, "minimum", "maximum"),
        list_words(schema.get("enum", ())),
        f"matches {schema['pattern']}" if "pattern" in schema else "",
        f"{repr_json(schema['default'])} where left out" if "default" in schema else "",
    ]
    if isinstance(schema.get("items"), Mapping):
        limits += [f"each {limit}" for limit in list_limits(schema["items"])]
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        limits += list_limits(option)
    return [limit for limit in limits if limit]


def narrower(schema: Mapping[str, Any]) -> bool:
    """Say whether the bounds tell more than the type does."""
    bounds = [abs(int(schema.get(key, LARGEST))) for key in ("minimum", "maximum")]
    return min(bounds) < LARGEST


def span(schema: Mapping[str, Any], lowest: str, highest: str, unit: str = "") -> str:
    """Return a lower and an upper bound as one phrase."""
    low, high = schema.get(lowest), schema.get(highest)
    if low is None and high is None:
        return ""
    if high is None:
        said = f"at least {low:,}"
    elif low is None:
        said = f"at most {high:,}"
    else:
        said = f"exactly {low:,}" if low == high else f"{low:,} to {high:,}"
    one = unit.removesuffix("s") if (high if high is not None else low) == 1 else unit
    return f"{said} {one}".strip()


def list_words(words: Any) -> str:
    """Return the words that may stand there, the first of a very long list."""
    shown = [repr_json(word) for word in words if word is not None]
    more = f" and {len(shown) - MOST_WORDS} more" if len(shown) > MOST_WORDS else ""
    return f"one of {', '.join(shown[:MOST_WORDS])}{more}" if shown else ""


def repr_json(value: Any) -> str:
    """Return a value as it reads on the wire; words without their quotes."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
