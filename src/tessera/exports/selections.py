"""What a selection adds to its query: a column that says how a row changed, values of parameters, a period. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tessera.exports.errors import DefinitionInvalidError
from tessera.exports.values import Period, Selection
from tessera.outbound import CHANGE
from tessera.queries import BUILT_IN, Column, Query

ADDED = "added"
MOST_REFUSALS = 100


def columns_of(query: Query, selection: Selection) -> tuple[Column, ...]:
    """Return the columns of a row: those of the query, and how it changed where changes only are sent."""
    if selection.changes is None:
        return query.columns
    return (*query.columns, CHANGE)


def check_selection_rules(query: Query, selection: Selection) -> None:
    """Refuse parameters that the query does not have, and changes without key columns to tell rows apart by."""
    known = {parameter.name for parameter in query.parameters}
    for name in selection.parameters:
        if name not in known:
            has = f"It has: {', '.join(sorted(known))}." if known else "It has none of its own."
            raise DefinitionInvalidError(
                f"The query {query.label} has no parameter {str(name)[:60]}. {has}", field="parameters"
            )
    changes = selection.changes
    if changes is None:
        return
    if not query.key_columns:
        raise DefinitionInvalidError(
            f"To send changes only, give the query {query.label} key columns: they tell one row from another.",
            field="changes",
        )
    if any(column.name == CHANGE.name for column in query.columns):
        raise DefinitionInvalidError(
            f"Rows get a column {CHANGE.name}, and the query {query.label} has one already. Rename it there.",
            field="changes",
        )
    if not 1 <= changes.most_refusals <= MOST_REFUSALS:
        raise DefinitionInvalidError(
            f"A row is tried again from 1 to {MOST_REFUSALS} times before it is parked.", field="changes"
        )


def choose_values(
    selection: Selection,
    *,
    run_at: datetime,
    last_success_at: datetime | None,
    period: tuple[datetime | None, datetime | None],
) -> Mapping[str, Any]:
    """Return the values of the query's parameters in a run; a period that is given wins over the definition's."""
    start, end = period
    if start is None and end is None and selection.period is not None:
        start, end = find_period(selection.period, run_at, last_success_at)
    given = {"run_at": run_at, "last_success_at": last_success_at, "from": start, "to": end}
    assert set(given) == set(BUILT_IN)
    return {**selection.parameters, **given}


def find_period(period: Period, run_at: datetime, last_success_at: datetime | None) -> tuple[datetime | None, datetime]:
    """Return where the period of a run at this moment begins and ends; days, weeks and months are those of its zone.

    A week begins on Monday. Before the first good run there is no beginning.
    """
    if period is Period.SINCE_LAST_SUCCESS:
        return last_success_at, run_at
    today = run_at.replace(hour=0, minute=0, second=0, microsecond=0)
    if period is Period.DAY:
        return (today - timedelta(days=1)).replace(fold=0), today
    if period is Period.WEEK:
        monday = today - timedelta(days=today.weekday())
        return monday - timedelta(days=7), monday
    first = today.replace(day=1)
    return (first - timedelta(days=1)).replace(day=1), first
