"""Schemas of requests and answers: made from the types, then completed with what the code checks by hand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tessera.api.connector.v1.calls import Operation
from tessera.api.connector.v1.document.additions import ADDITIONS, INT32, MOMENT, NEEDED, NOT_CLEARABLE
from tessera.api.connector.v1.document.words import CREDENTIALS, NAMES, PROPERTIES, TEXTS

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{name}"
WRAPPER, NULLABLE = "Change[", "NullableUpdateValue"
NULL = {"type": "null"}
PLAIN = {"string": "String", "boolean": "Boolean", "integer": "Int32", "array": "Array", "object": "Object"}


@dataclass(frozen=True, slots=True)
class Schemas:
    """All schemas by the names that readers of the contract know, and the name of each type's."""

    named: dict[str, Schema]
    names: dict[type[Any], str]


def build_schemas(operations: Sequence[Operation[Any]], error: type[Any]) -> Schemas:
    """Return every schema that the operations refer to."""
    kinds = [kind for operation in operations for kind in (operation.request, operation.answer)] + [error]
    references, made = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    found = {kind: target(reference) for kind, reference in zip(kinds, references, strict=True)}
    tidied: dict[str, Schema] = {name: tidy(schema, wrappers_of(made)) for name, schema in made.items()}
    names = {name: rename(name, tidied) for name in tidied}
    names.update({found[operation.request]: request_name(operation) for operation in operations})
    schemas = {names[name]: refer(schema, names) for name, schema in tidied.items()}
    for name, schema in schemas.items():
        describe(name, schema)
    asked = reachable([names[found[operation.request]] for operation in operations], schemas)
    answered = reachable([names[found[kind]] for kind in (*(one.answer for one in operations), error)], schemas)
    require_all(answered - asked, schemas)
    separate_wrappers(schemas)
    for operation in operations:
        add_credentials(schemas[names[found[operation.request]]])
    return Schemas(dict(sorted(schemas.items())), {kind: names[name] for kind, name in found.items()})


def request_name(operation: Operation[Any]) -> str:
    """Return the name of an operation's request: its own, whatever the type is called."""
    resource, action = operation.address.split("/")[-2:]
    return f"{resource[0].upper()}{resource[1:]}{action[0].upper()}{action[1:]}Request"


def target(reference: Schema) -> str:
    """Return the name of the schema that is referred to."""
    return str(reference["$ref"].rpartition("/")[2])


def wrappers_of(made: dict[str, Any]) -> frozenset[str]:
    """Return the references to wrappers of changes."""
    titles = {name: str(schema.get("title", "")) for name, schema in made.items()}
    return frozenset(REFERENCE.format(name=name) for name, title in titles.items() if title.startswith(WRAPPER))


def tidy(schema: Any, wrappers: frozenset[str]) -> Any:
    """Return the schema as the contract means it: one type of number, wrappers without their bare old forms."""
    if isinstance(schema, list):
        return [tidy(inner, wrappers) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {key: tidy(inner, wrappers) for key, inner in schema.items() if (key, inner) != ("default", None)}
    if "enum" in tidied:
        tidied = {"type": "string", **tidied}
    if "anyOf" not in tidied:
        return tidied
    rest = {key: inner for key, inner in tidied.items() if key != "anyOf"}
    return {**join(tidied["anyOf"], wrappers), **rest}


def join(options: list[Schema], wrappers: frozenset[str]) -> Schema:
    """Return one of several options, in the plainest way to say it."""
    nullable = NULL in options
    kept = [option for option in options if option != NULL]
    if any(option.get("$ref") in wrappers for option in kept):
        kept = [option for option in kept if option.get("$ref") in wrappers]
    if {"integer", "number"} <= {str(option.get("type")) for option in kept}:
        kept = [option for option in kept if option.get("type") not in ("integer", "number")] + [INT32]
    if len(kept) > 1:
        return {"anyOf": [*kept, NULL] if nullable else kept}
    (only,) = kept
    if not nullable:
        return only
    if "$ref" in only:
        return {"anyOf": [only, NULL]}
    if "enum" in only:
        only = {**only, "enum": [*only["enum"], None]}
    return {**only, "type": [only["type"], "null"]}


def rename(name: str, schemas: dict[str, Schema]) -> str:
    """Return the name that a schema gets; a wrapper is named after what is in it."""
    if not str(schemas[name].get("title", "")).startswith(WRAPPER):
        return NAMES.get(name, name)
    return f"{name_content(schemas[name]['properties']['Value'])}{NULLABLE}"


def name_content(value: Schema) -> str:
    """Return the name of what a wrapper holds."""
    inner = next((option for option in value.get("anyOf", ()) if option != NULL), value)
    if "$ref" in inner:
        name = target(inner)
        return NAMES.get(name, name)
    if "enum" in inner:
        return NAMES.get("|".join(filter(None, inner["enum"])), "".join(filter(None, inner["enum"])))
    if inner.get("format") == "uuid":
        return "Guid"
    kind = inner["type"]
    plain = next(one for one in kind if one != "null") if isinstance(kind, list) else kind
    return f"{PLAIN.get(plain, 'Number')}{inner.get('maxLength', '')}"


def refer(schema: Any, names: dict[str, str]) -> Any:
    """Return the schema with every reference by its new name."""
    if isinstance(schema, list):
        return [refer(inner, names) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: REFERENCE.format(name=names[target(schema)]) if key == "$ref" else refer(inner, names)
        for key, inner in schema.items()
    }


def describe(name: str, schema: Schema) -> None:
    """Complete a schema with names, words and the limits that no type shows."""
    schema["title"] = name
    text = TEXTS.get(name) or schema.get("description")
    if text:
        schema["description"] = re.sub(r"`([a-z_]+)`", lambda found: f"`{pascal(found[1])}`", text)
    required = [*schema.get("required", ())]
    for key, inner in schema.get("properties", {}).items():
        place = f"{name}.{key}"
        added = ADDITIONS.get(place) or (ADDITIONS.get(key) if "type" in inner else None)
        inner.update(fit(added, inner) if added else {})
        words = PROPERTIES.get(place) or PROPERTIES.get(key)
        if words:
            inner["description"] = words
        if place in NEEDED:
            inner["type"] = "string"
            required.append(key)
    if required:
        schema["required"] = required
    else:
        schema.pop("required", None)


def fit(added: Schema, inner: Schema) -> Schema:
    """Return what is to be added, and let a property stay nullable."""
    nullable = "null" in inner.get("type", ())
    if "enum" in added and nullable:
        return {**added, "enum": [*added["enum"], None]}
    return added


def pascal(name: str) -> str:
    """Return a property's name on the wire."""
    return "".join(part.capitalize() for part in name.split("_"))


def require_all(answered: set[str], schemas: dict[str, Schema]) -> None:
    """Mark all members of answers: they are always there, null where they have no value."""
    for name in answered:
        if schemas[name].get("properties"):
            schemas[name]["required"] = list(schemas[name]["properties"])


def reachable(roots: list[str], schemas: dict[str, Schema]) -> set[str]:
    """Return the names of the schemas that some are made of, their own included."""
    waiting, seen = list(roots), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += references_in(schemas[name])
    return seen


def references_in(schema: Any) -> Iterator[str]:
    """Yield the names of the schemas that one refers to."""
    if isinstance(schema, list):
        for inner in schema:
            yield from references_in(inner)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield target(schema)
        for inner in schema.values():
            yield from references_in(inner)


def separate_wrappers(schemas: dict[str, Schema]) -> None:
    """Give moments wrappers of their own, and properties that cannot be cleared such whose value is needed."""
    for name, schema in [*schemas.items()]:
        for key, inner in wrapped_in(schema):
            wrapper = wrapper_in(inner)
            if wrapper is None:
                continue
            if ADDITIONS.get(key) == MOMENT:
                wrapper = wrap_moment(schemas)
            if f"{name}.{key}" in NOT_CLEARABLE:
                nullable, wrapper = schemas[wrapper], wrapper.replace(NULLABLE, "UpdateValue")
                schemas.setdefault(wrapper, need_value(wrapper, nullable))
            inner["anyOf"] = [{"$ref": REFERENCE.format(name=wrapper)}, NULL]
    used = {name for schema in schemas.values() for name in references_in(schema)}
    for name in [name for name in schemas if name.endswith(NULLABLE) and name not in used]:
        del schemas[name]


def wrapped_in(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the properties of a schema, and one for all members of those that are maps."""
    for key, inner in schema.get("properties", {}).items():
        yield key, inner.get("additionalProperties") or inner


def wrapper_in(schema: Schema) -> str | None:
    """Return the name of the wrapper that a property may hold."""
    names = [target(option) for option in schema.get("anyOf", ()) if "$ref" in option]
    return next((name for name in names if name.endswith(NULLABLE)), None)


def wrap_moment(schemas: dict[str, Schema]) -> str:
    """Return the name of the wrapper of moments."""
    name = f"DateTime{NULLABLE}"
    value = {"type": ["string", "null"], **MOMENT}
    about = "A new moment in its wrapper; without one the property is cleared."
    schemas.setdefault(name, {"title": name, "description": about, "type": "object", "properties": {"Value": value}})
    return name


def need_value(name: str, wrapper: Schema) -> Schema:
    """Return a wrapper that must hold a value."""
    value = wrapper["properties"]["Value"]
    if "anyOf" in value:
        (value,) = [option for option in value["anyOf"] if option != NULL]
    elif isinstance(value["type"], list):
        value = {**value, "type": next(one for one in value["type"] if one != "null")}
    if "enum" in value:
        value = {**value, "enum": [one for one in value["enum"] if one is not None]}
    about = "A new value in its wrapper; the property cannot be cleared."
    return {
        "title": name,
        "description": about,
        "type": "object",
        "properties": {"Value": value},
        "required": ["Value"],
    }


def add_credentials(schema: Schema) -> None:
    """Put the members of every request before the operation's own."""
    if "ClientToken" not in schema.get("properties", {}):
        schema["properties"] = {**CREDENTIALS, **schema.get("properties", {})}
        schema["required"] = ["ClientToken", "AccessToken", *schema.get("required", ())]
