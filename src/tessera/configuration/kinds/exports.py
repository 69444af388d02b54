"""Export definitions as files describe them."""

from collections.abc import Sequence

import msgspec

from tessera import exports, outbound, queries
from tessera.configuration.kinds.handlers import PAGE, Handler, Known, Plain, read_all
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import ExportSpec
from tessera.exports import Definition, DefinitionChange, NewDefinition


async def list_known(scope: Scope) -> Sequence[Known]:
    """Return the chain's export definitions."""
    found = await read_all(
        lambda number: exports.list_definitions(
            scope.session, scope.actor, chain_id=scope.chain_id, number=number, size=PAGE
        )
    )
    return [Known(each.internal_name, await describe(scope, each), each) for each in found]


async def describe(scope: Scope, definition: Definition) -> Plain:
    """Return the definition as a file describes it, its query and template by their names."""
    session, actor, chain_id = scope.session, scope.actor, scope.chain_id
    spec = ExportSpec(
        label=definition.label,
        query=(await queries.get_query(session, actor, chain_id, definition.query_id)).internal_name,
        template=(await outbound.get_template(session, actor, chain_id, definition.template_id)).internal_name,
        description=definition.description,
        rows_per_request=definition.rows_per_request,
        concurrency=definition.concurrency,
        enabled=definition.enabled,
    )
    plain: Plain = msgspec.to_builtins(spec)
    return plain


async def normalise(_scope: Scope, _name: str, spec: ExportSpec, _known: Known | None) -> Plain:
    """Return the spec in the form that is compared."""
    plain: Plain = msgspec.to_builtins(spec)
    return {**plain, "label": spec.label.strip()}


async def put(scope: Scope, name: str, spec: ExportSpec, known: Known | None) -> None:
    """Store the definition."""
    session, actor, chain_id = scope.session, scope.actor, scope.chain_id
    query = await queries.get_query(session, actor, chain_id, spec.query)
    template = await outbound.get_template(session, actor, chain_id, spec.template)
    if known is None:
        new = NewDefinition(
            label=spec.label,
            query_id=query.id,
            template_id=template.id,
            internal_name=name,
            description=spec.description,
            rows_per_request=spec.rows_per_request,
            concurrency=spec.concurrency,
            enabled=spec.enabled,
        )
        await exports.create_definition(session, actor, chain_id=chain_id, new=new, keys=scope.keys)
        return
    change = DefinitionChange(
        label=spec.label,
        internal_name=name,
        description=spec.description,
        query_id=query.id,
        template_id=template.id,
        rows_per_request=spec.rows_per_request,
        concurrency=spec.concurrency,
        enabled=spec.enabled,
    )
    await exports.update_definition(session, actor, known.thing, change, keys=scope.keys)


async def remove(scope: Scope, known: Known) -> None:
    """Delete the definition."""
    await exports.delete_definition(scope.session, scope.actor, definition_id=known.thing.id)


HANDLER = Handler(list_known, normalise, put, remove)
