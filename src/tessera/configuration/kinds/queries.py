"""Saved queries as files describe them."""

from collections.abc import Sequence

import msgspec

from tessera import queries
from tessera.configuration.kinds.handlers import PAGE, Handler, Known, Plain, read_all
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import QuerySpec
from tessera.queries import NewQuery, Parameter, ParameterType, Query


async def list_known(scope: Scope) -> Sequence[Known]:
    """Return the chain's queries."""
    found = await read_all(
        lambda number: queries.list_queries(scope.session, scope.actor, scope.chain_id, number=number, size=PAGE)
    )
    return [Known(query.internal_name, describe(query), query) for query in found]


def describe(query: Query) -> Plain:
    """Return the query as a file describes it."""
    spec = QuerySpec(
        label=query.label,
        text=query.text,
        description=query.description,
        parameters=[{"name": each.name, "type": each.type.value, "default": each.default} for each in query.parameters],  # type: ignore[misc]
        key_columns=list(query.key_columns),
    )
    plain: Plain = msgspec.to_builtins(spec)
    return plain


async def normalise(_scope: Scope, _name: str, spec: QuerySpec, _known: Known | None) -> Plain:
    """Return the spec in the form that is compared."""
    plain: Plain = msgspec.to_builtins(spec)
    return {**plain, "label": spec.label.strip()}


async def put(scope: Scope, name: str, spec: QuerySpec, known: Known | None) -> None:
    """Store the query after the database has read it."""
    new = NewQuery(
        label=spec.label,
        text=spec.text,
        internal_name=name,
        description=spec.description,
        parameters=tuple(Parameter(each.name, read_type(each.type), each.default) for each in spec.parameters),
        key_columns=tuple(spec.key_columns),
    )
    if known is None:
        await queries.create_query(scope.session, scope.actor, scope.engine, chain_id=scope.chain_id, new=new)
    else:
        await queries.update_query(scope.session, scope.actor, scope.engine, query=known.thing, new=new)


def read_type(text: str) -> ParameterType:
    """Return the type of a parameter, or say which there are."""
    if text not in set(ParameterType):
        raise queries.QueryInvalidError(f"There is no parameter type {text!r}. There are: {', '.join(ParameterType)}.")
    return ParameterType(text)


async def remove(scope: Scope, known: Known) -> None:
    """Delete the query."""
    await queries.delete_query(scope.session, scope.actor, query=known.thing)


HANDLER = Handler(list_known, normalise, put, remove)
