"""Making what is there what the files describe, in the caller's one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from tessera.configuration.changes import Action, Change, add_words, compare
from tessera.configuration.documents import Document, Item, Kind
from tessera.configuration.kinds import HANDLERS
from tessera.configuration.kinds.handlers import Handler, Known
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import Spec, is_described, read_spec
from tessera.platform.errors import DeniedError, TesseraError, UnavailableError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, or would be, in the order of doing."""

    changes: Sequence[Change]

    def count(self, action: Action) -> int:
        """Return how many things this happens to."""
        return sum(change.action is action for change in self.changes)

    @property
    def empty(self) -> bool:
        """Whether everything is as described already."""
        return self.count(Action.KEEP) == len(self.changes)


async def apply_configuration(scope: Scope, document: Document, *, prune: bool = False) -> Outcome:
    """Create and change what the files describe; with `prune` delete what their sections leave out.

    Raises at the first thing that cannot be done, and the caller ends the transaction: all of it is done, or nothing.
    A caller that only wants to know what would happen lets the transaction end without keeping it.
    """
    specs = [(item, read_spec(item)) for item in document.items]
    changes: list[Change] = []
    for kind in Kind:
        known = (
            {each.name.lower(): each for each in await HANDLERS[kind].list_known(scope)} if wanted(specs, kind) else {}
        )
        for item, spec in specs:
            if item.kind is kind:
                changes.append(await apply_item(scope, HANDLERS[kind], item, spec, known.get(item.name.lower())))
    if prune:
        changes += await remove_others(scope, [item for item, _ in specs])
    return Outcome(changes)


def wanted(specs: Sequence[tuple[Item, Spec]], kind: Kind) -> bool:
    """Say whether the files describe things of the kind."""
    return any(item.kind is kind for item, _ in specs)


async def apply_item(scope: Scope, handler: Handler, item: Item, spec: Spec, known: Known | None) -> Change:
    """Store one item where it differs from what is there; report a refusal at its place."""
    if known is not None and is_described(item, spec, known.name, known.plain):
        return Change(item.kind, item.name, Action.KEEP)
    try:
        after = await handler.normalise(scope, item.name, spec, known)
        before = None if known is None else {**known.plain, "name": known.name}
        change = compare(item.kind, item.name, before, {**after, "name": item.name})
        if change.action is not Action.KEEP:
            await handler.put(scope, item.name, spec, known)
        return add_words(change, before, after, handler.words)
    except (DeniedError, UnavailableError):
        raise
    except TesseraError as error:
        raise item.fault(error.message) from error


async def remove_others(scope: Scope, items: Sequence[Item]) -> list[Change]:
    """Delete what the files leave out, of the kinds that they describe; users go before what they use."""
    changes = []
    for kind in reversed(Kind):
        named = {item.name.lower() for item in items if item.kind is kind}
        if not named:
            continue
        for known in await HANDLERS[kind].list_known(scope):
            if known.name.lower() not in named:
                await HANDLERS[kind].remove(scope, known)
                changes.append(compare(kind, known.name, known.plain, None))
    return changes
