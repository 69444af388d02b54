"""An OpenAPI document as its page shows it: operations under headings, with members in tables. Pure."""

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tessera.web.documents.kinds import Kind, describe_kind, list_limits

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
Document = Mapping[str, Any]
Text = list[tuple[str, bool]]
"""Pieces of a sentence, and whether each is code."""


@dataclass(frozen=True, slots=True)
class Member:
    """A line of a table: a property, or a parameter with the place where it stands."""

    name: str
    kind: Kind
    limits: list[str]
    required: bool
    text: Text
    place: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent or answered: its members, or a kind where it is no object, and an example."""

    kind: Kind
    members: list[Member]
    example: str | None
    media_type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what comes with it."""

    status: str
    text: Text
    headers: list[str]
    body: Body | None

    @property
    def good(self) -> bool:
        """Say whether the request succeeded."""
        return self.status.startswith("2")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    summary: str
    about: list[Text]
    parameters: list[Member]
    body: Body | None
    answers: list[Answer]

    def curl(self, address: str, *, bearer: bool) -> str:
        """Return the command that sends the example to a server."""
        parts = ["curl", *(["-X", self.method] if self.method not in {"GET", "POST"} else []), f"{address}{self.path}"]
        lines = [" ".join(parts)]
        if bearer:
            lines.append('-H "Authorization: Bearer $KEY"')
        if self.body and self.body.example:
            lines += [f"-H 'Content-Type: {self.body.media_type}'", f"-d {shlex.quote(self.body.example)}"]
        return " \\\n  ".join(lines)


@dataclass(frozen=True, slots=True)
class Group:
    """Operations under one heading."""

    id: str
    title: str
    text: Text
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Schema:
    """A named type."""

    name: str
    about: list[Text]
    kind: Kind
    limits: list[str]
    members: list[Member]


@dataclass(frozen=True, slots=True)
class Reference:
    """A whole document."""

    title: str
    version: str
    about: list[list[Text]]
    elsewhere: tuple[str, str] | None
    bearer: bool
    root: str
    groups: list[Group]
    schemas: list[Schema]

    @property
    def count(self) -> int:
        """How many operations there are."""
        return sum(len(group.operations) for group in self.groups)


def read_reference(document: Document) -> Reference:
    """Return the document as its page shows it."""
    info, more = document["info"], document.get("externalDocs")
    server = next((one["url"] for one in document.get("servers", ())), "/")
    return Reference(
        title=info["title"],
        version=str(info["version"]),
        about=[[split_code(line) for line in part.split("\n* ")] for part in paragraphs(info.get("description", ""))],
        elsewhere=(more.get("description", "More"), more["url"]) if more else None,
        bearer=bool(document.get("security")),
        root=common_root([f"{server.rstrip('/')}{path}" for path in document["paths"]]),
        groups=list(read_groups(document, server.rstrip("/"))),
        schemas=[read_schema(name, schema) for name, schema in schemas_of(document).items()],
    )


def common_root(paths: list[str]) -> str:
    """Return the folder that all addresses share."""
    return posixpath.commonprefix(paths).rpartition("/")[0] + "/"


def schemas_of(document: Document) -> Mapping[str, Any]:
    """Return the named types."""
    found: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    return found


def read_groups(document: Document, server: str) -> Iterator[Group]:
    """Yield the operations by their first tag, in the document's order of tags."""
    tags = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    by_tag: dict[str, list[Operation]] = {name: [] for name in tags}
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags", ())), "other")
                made = read_operation(document, method, server + path, item[method], shared)
                by_tag.setdefault(tag, []).append(made)
    for name, operations in by_tag.items():
        if operations:
            yield Group(f"group-{name}", title_of(name), split_code(tags.get(name, "")), operations)


def read_operation(
    document: Document, method: str, path: str, operation: Mapping[str, Any], shared: list[Any]
) -> Operation:
    """Return one operation."""
    given = [resolve(document, one) for one in (*shared, *operation.get("parameters", ()))]
    body = resolve(document, operation.get("requestBody", {}))
    answers = [
        read_answer(document, status, resolve(document, answer))
        for status, answer in operation.get("responses", {}).items()
    ]
    return Operation(
        id=str(operation.get("operationId") or re.sub(r"\W+", "-", f"{method}-{path}")),
        method=method.upper(),
        path=path,
        summary=operation.get("summary", "").replace("`", "") or f"{method.upper()} {path}",
        about=[split_code(part) for part in paragraphs(operation.get("description", ""))],
        parameters=[read_parameter(one) for one in given],
        body=read_body(document, body),
        answers=answers,
    )


def read_parameter(parameter: Mapping[str, Any]) -> Member:
    """Return a parameter as a line."""
    schema = parameter.get("schema", {})
    return Member(
        name=parameter["name"],
        kind=describe_kind(schema),
        limits=list_limits(schema),
        required=bool(parameter.get("required")),
        text=split_code(parameter.get("description") or schema.get("description", "")),
        place=parameter["in"],
    )


def read_answer(document: Document, status: str, answer: Mapping[str, Any]) -> Answer:
    """Return one answer."""
    return Answer(
        status=status,
        text=split_code(answer.get("description", "")),
        headers=list(answer.get("headers", ())),
        body=read_body(document, answer),
    )


def read_body(document: Document, holder: Mapping[str, Any]) -> Body | None:
    """Return the body in whatever holds one, in its first media type."""
    for media_type, media in holder.get("content", {}).items():
        schema = media.get("schema", {})
        examples = media.get("examples", {})
        example = media.get("example", next((one.get("value") for one in examples.values()), None))
        return Body(
            kind=describe_kind(schema),
            members=read_members(resolve(document, schema)),
            example=None if example is None else json.dumps(example, indent=2, ensure_ascii=False),
            media_type=media_type,
        )
    return None


def read_schema(name: str, schema: Mapping[str, Any]) -> Schema:
    """Return a named type."""
    return Schema(
        name=name,
        about=[split_code(part) for part in paragraphs(schema.get("description", ""))],
        kind=describe_kind({**schema, "title": ""}),
        limits=list_limits(schema),
        members=read_members(schema),
    )


def read_members(schema: Mapping[str, Any]) -> list[Member]:
    """Return the members of an object."""
    required = schema.get("required", ())
    return [
        Member(
            name=name,
            kind=describe_kind(inner),
            limits=list_limits(inner),
            required=name in required,
            text=split_code(inner.get("description", "")),
        )
        for name, inner in schema.get("properties", {}).items()
    ]


def resolve(document: Document, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference leads to, or the value itself."""
    reference = value.get("$ref")
    if reference is None:
        return value
    place: Any = document
    for step in str(reference).removeprefix("#/").split("/"):
        place = place[step.replace("~1", "/").replace("~0", "~")]
    return resolve(document, place)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text."""
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def split_code(text: str) -> Text:
    """Return the pieces of a text, where `backticks` mark code."""
    return [(piece, place % 2 == 1) for place, piece in enumerate(text.split("`")) if piece]


def title_of(tag: str) -> str:
    """Return a heading: `loyaltyPrograms` and `api-keys` as words."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[-_]+", " ", tag).lower()
    return f"{words[:1].upper()}{words[1:]}".replace("Api ", "API ")
