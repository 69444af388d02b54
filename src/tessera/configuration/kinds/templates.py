"""HTTP templates as files describe them: bodies as YAML, which is what they are once parsed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from tessera import connectors, outbound, queries
from tessera.configuration.changes import CHANGED_SECRET, is_same
from tessera.configuration.errors import DescriptionError
from tessera.configuration.kinds.handlers import PAGE, Handler, Known, Plain, read_all
from tessera.configuration.kinds.sources import header_source
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import KEPT, TemplateSpec
from tessera.outbound import NewTemplate, Template, TemplateChange, TemplateFilter
from tessera.outbound.rendering import TemplateShape
from tessera.platform.json_values import decode, encode
from tessera.platform.secrets import MASK

BODIES = ("body", "envelope")


async def list_known(scope: Scope) -> Sequence[Known]:
    """Return the chain's templates."""
    wanted = TemplateFilter(chain_id=scope.chain_id)
    found = await read_all(
        lambda number: outbound.list_templates(scope.session, scope.actor, wanted, number=number, size=PAGE)
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
    return (await connectors.get_profile(scope.session, scope.actor, scope.chain_id, profile_id)).internal_name


def describe_shape(shape: TemplateShape) -> Plain:
    """Return the shape with its bodies parsed and the values of secret headers kept, without what has its default."""
    plain: Plain = msgspec.to_builtins(shape)
    defaults: Plain = msgspec.to_builtins(TemplateShape(method=shape.method))
    kept = {key: value for key, value in plain.items() if key == "method" or value != defaults[key]}
    if "headers" in kept:
        kept["headers"] = [{**each, "value": KEPT} if each["secret"] else each for each in kept["headers"]]
    return {key: decode(value) if key in BODIES else value for key, value in kept.items()}


def read_request(scope: Scope, request: Plain) -> TemplateShape:
    """Return the shape that a file describes; a secret header that is kept has the mask for its value."""
    bodies = {key: text_of(request[key]) for key in BODIES if request.get(key) is not None}
    headers = {"headers": [read_header(scope, each) for each in request["headers"]]} if is_list(request) else {}
    return outbound.read_shape({"method": "POST", **request, **bodies, **headers})


def is_list(request: Plain) -> bool:
    """Say whether the request has headers as they should be; anything else is reported when the shape is read."""
    return isinstance(request.get("headers"), list)


def read_header(scope: Scope, header: Any) -> Any:
    """Return a header with the value that its source gives."""
    if not isinstance(header, Mapping) or not header.get("secret"):
        return header
    value = scope.read_secret(header_source(header.get("value")))
    return {**header, "value": MASK if value is None else value}


def text_of(body: Any) -> str:
    """Return a body as the JSON text that templates hold; a text is one already."""
    return body if isinstance(body, str) else msgspec.json.format(encode(body), indent=2).decode()


async def normalise(scope: Scope, _name: str, spec: TemplateSpec, known: Known | None) -> Plain:
    """Return the spec in the form that is compared; a secret header that would change is masked."""
    shape = read_request(scope, spec.request)
    request = describe_shape(shape)
    given = {each.name: each.value for each in shape.headers if each.secret and each.value != MASK}
    changed = frozenset(given) if known is None else await differing_headers(scope, known, given)
    if "headers" in request:
        request["headers"] = [
            {**plain, "value": CHANGED_SECRET} if each.name in changed else plain
            for plain, each in zip(request["headers"], shape.headers, strict=True)
        ]
    return {"label": spec.label.strip(), "query": spec.query, "profile": spec.profile, "request": request}


async def differing_headers(scope: Scope, known: Known, given: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the secret headers whose value would change."""
    template: Template = known.thing
    return await outbound.differing_headers(
        scope.session, scope.actor, scope.chain_id, template.id, given, keys=scope.keys
    )


async def put(scope: Scope, name: str, spec: TemplateSpec, known: Known | None) -> None:
    """Store the template after compiling it."""
    shape = read_request(scope, spec.request)
    if known is None:
        if any(each.secret and each.value == MASK for each in shape.headers):
            raise DescriptionError(
                'The secret header of a new template needs its value: {"env": NAME} or {"file": PATH}.'
            )
        draft = spec.query is None or spec.profile is None
        new = NewTemplate(spec.label, spec.query, spec.profile, shape, name, draft=draft)
        await outbound.create_template(scope.session, scope.actor, chain_id=scope.chain_id, new=new, keys=scope.keys)
        return
    change = TemplateChange(
        label=spec.label,
        internal_name=name,
        query=spec.query,
        profile=spec.profile,
        shape=replace(shape, **same_bodies(shape, known.thing.shape)),
    )
    await outbound.update_template(scope.session, scope.actor, known.thing, change, keys=scope.keys)


def same_bodies(shape: TemplateShape, stored: TemplateShape) -> dict[str, Any]:
    """Return the stored texts of bodies that say the same: they keep the form that their author gave them."""
    new, old = describe_shape(shape), describe_shape(stored)
    return {key: getattr(stored, key) for key in BODIES if is_same(new.get(key), old.get(key))}


async def remove(scope: Scope, known: Known) -> None:
    """Delete the template."""
    await outbound.delete_template(scope.session, scope.actor, scope.chain_id, known.thing.id)


HANDLER = Handler(list_known, normalise, put, remove)
