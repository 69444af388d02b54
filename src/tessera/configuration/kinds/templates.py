"""HTTP templates as files describe them: bodies as YAML, which is what they are once parsed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from tessera import integrations, queries
from tessera.configuration.kinds.handlers import PAGE, Handler, Known, Plain, read_all
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import TemplateSpec
from tessera.integrations import NewTemplate, Template, TemplateChange, TemplateShape

BODIES = ("body", "envelope")


async def list_known(scope: Scope) -> Sequence[Known]:
    """Return the chain's templates."""
    found = await read_all(
        lambda number: integrations.list_templates(
            scope.session, scope.actor, chain_id=scope.chain_id, number=number, size=PAGE
        )
    )
    return [Known(each.internal_name, await describe(scope, each), each) for each in found]


async def describe(scope: Scope, template: Template) -> Plain:
    """Return the template as a file describes it, its query and profile by their names."""
    return {
        "label": template.label,
        "query": await name_query(scope, template.query_id),
        "profile": await name_profile(scope, template.profile_id),
        "request": describe_shape(template.shape),
    }


async def name_query(scope: Scope, query_id: UUID | None) -> str | None:
    """Return the internal name of a query; a draft may have none."""
    if query_id is None:
        return None
    return (await queries.get_query(scope.session, scope.actor, scope.chain_id, query_id)).internal_name


async def name_profile(scope: Scope, profile_id: UUID | None) -> str | None:
    """Return the internal name of a profile; a draft may have none."""
    if profile_id is None:
        return None
    return (await integrations.get_profile(scope.session, scope.actor, scope.chain_id, profile_id)).internal_name


def describe_shape(shape: TemplateShape) -> Plain:
    """Return the shape with its bodies parsed, without what has its default."""
    plain: Plain = msgspec.to_builtins(shape)
    defaults: Plain = msgspec.to_builtins(TemplateShape(method=shape.method))
    kept = {key: value for key, value in plain.items() if key == "method" or value != defaults[key]}
    return {key: parse_body(value) if key in BODIES else value for key, value in kept.items()}


def parse_body(text: str) -> Any:
    """Return the body as a value."""
    return msgspec.json.decode(text)


def read_request(request: Plain) -> TemplateShape:
    """Return the shape that a file describes."""
    bodies = {key: text_of(request[key]) for key in BODIES if request.get(key) is not None}
    return integrations.read_shape({"method": "POST", **request, **bodies})


def text_of(body: Any) -> str:
    """Return a body as the JSON text that templates hold; a text is one already."""
    return body if isinstance(body, str) else msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


async def normalise(_scope: Scope, _name: str, spec: TemplateSpec, _known: Known | None) -> Plain:
    """Return the spec in the form that is compared."""
    shape = read_request(spec.request)
    return {
        "label": spec.label.strip(),
        "query": spec.query,
        "profile": spec.profile,
        "request": describe_shape(shape),
    }


async def put(scope: Scope, name: str, spec: TemplateSpec, known: Known | None) -> None:
    """Store the template after compiling it."""
    shape = read_request(spec.request)
    if known is None:
        draft = spec.query is None or spec.profile is None
        new = NewTemplate(spec.label, spec.query, spec.profile, shape, name, draft=draft)
        await integrations.create_template(scope.session, scope.actor, chain_id=scope.chain_id, new=new)
        return
    # A body that says the same keeps the text that its author wrote.
    same = {
        key: getattr(known.thing.shape, key)
        for key in BODIES
        if describe_shape(shape).get(key) == describe_shape(known.thing.shape).get(key)
    }
    change = TemplateChange(
        label=spec.label,
        internal_name=name,
        query=spec.query,
        profile=spec.profile,
        shape=replace(shape, **same),
    )
    await integrations.update_template(scope.session, scope.actor, known.thing, change)


async def remove(scope: Scope, known: Known) -> None:
    """Delete the template."""
    await integrations.delete_template(scope.session, scope.actor, scope.chain_id, known.thing.id)


HANDLER = Handler(list_known, normalise, put, remove)
