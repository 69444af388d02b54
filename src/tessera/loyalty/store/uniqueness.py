"""Statements that make memberships unique by something, or stop doing so. They run as the schema's owner.

A rule is a unique index; without it a plain index of the same columns and predicate serves the same look-ups. Only one
of the two is there at any time.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import Connection


class Place(NamedTuple):
    """Columns of a rule's index, after that of the chain, and its predicate."""

    columns: tuple[str, ...]
    predicate: str
    by_beginning: frozenset[str] = frozenset()

    @property
    def keys(self) -> str:
        """What the index is made of; a column looked up by beginnings compares as bytes."""
        columns = [f"{column} text_pattern_ops" if column in self.by_beginning else column for column in self.columns]
        return ", ".join(("chain_id", *columns))

    @property
    def unique_index(self) -> str:
        """Name of the index while the rule is on."""
        return f"uq_memberships_{'_'.join(self.columns)}"

    @property
    def plain_index(self) -> str:
        """Name of the index while the rule is off."""
        return f"ix_memberships_{'_'.join(self.columns)}"


PLACES: Mapping[str, Place] = {
    "account": Place(("account_id", "program_id"), "deleted_at IS NULL"),
    "number": Place(
        ("membership_number", "program_id"),
        "deleted_at IS NULL AND membership_number IS NOT NULL",
        frozenset({"membership_number"}),
    ),
    "provider-id": Place(
        ("provider_membership_id", "program_id"), "deleted_at IS NULL AND provider_membership_id IS NOT NULL"
    ),
}

FIND_UNIQUE = """
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE i.indrelid = 'memberships'::regclass AND i.indisunique AND c.relname = ANY (%s)
"""
# Everybody who reads or writes memberships waits; a second process that wants the same finds it done.
LOCK = "LOCK TABLE memberships IN ACCESS EXCLUSIVE MODE"
# The owner is confined by row security as well, and would count nothing.
OPEN = "ALTER TABLE memberships NO FORCE ROW LEVEL SECURITY"
CLOSE = "ALTER TABLE memberships FORCE ROW LEVEL SECURITY"
COUNT = """
SELECT count(*)
  FROM (SELECT FROM memberships WHERE {predicate} GROUP BY chain_id, {columns} HAVING count(*) > 1) AS doubles
"""
CREATE = "CREATE {kind} {name} ON memberships ({columns}) WHERE {predicate}"


def find_rules(connection: Connection[Any]) -> set[str]:
    """Return which rules are on."""
    rows = connection.execute(FIND_UNIQUE, [[place.unique_index for place in PLACES.values()]]).fetchall()
    found = {row[0] for row in rows}
    return {name for name, place in PLACES.items() if place.unique_index in found}


def hold_memberships(connection: Connection[Any]) -> None:
    """Keep everybody from the memberships until the transaction ends."""
    connection.execute(LOCK)


def count_doubles(connection: Connection[Any], name: str) -> int:
    """Return how many values of the rule several active memberships of a program share."""
    place = PLACES[name]
    connection.execute(OPEN)
    statement = COUNT.format(predicate=place.predicate, columns=", ".join(place.columns))
    row = connection.execute(statement.encode()).fetchone()
    connection.execute(CLOSE)
    return int(row[0]) if row else 0


def switch_rule(connection: Connection[Any], name: str, *, on: bool) -> None:
    """Build the index that the rule wants, and drop the other."""
    place = PLACES[name]
    wanted, other = (place.unique_index, place.plain_index) if on else (place.plain_index, place.unique_index)
    statement = CREATE.format(
        kind="UNIQUE INDEX" if on else "INDEX",
        name=wanted,
        columns=place.keys,
        predicate=place.predicate,
    )
    connection.execute(statement.encode())
    connection.execute(f"DROP INDEX {other}".encode())
