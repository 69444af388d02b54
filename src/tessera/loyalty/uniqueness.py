"""Uniqueness of memberships: what active memberships of a program may not share, by the deployment's choice."""

from collections.abc import Collection
from typing import Any

from psycopg import Connection

from tessera.loyalty.errors import MembershipDoublesError
from tessera.loyalty.store import uniqueness as store

SHARED = {"account": "an account", "number": "a membership number", "provider-id": "a provider membership id"}


def settle_uniqueness(connection: Connection[Any], wanted: Collection[str]) -> list[str]:
    """Switch the rules so that exactly the wanted ones are on; return in words what was switched, nothing mostly.

    The connection is the schema's owner's. Raises where memberships break a rule that is to be on; the caller then
    rolls back, and nothing is switched.
    """
    if store.find_rules(connection) == set(wanted):
        return []
    store.hold_memberships(connection)
    on = store.find_rules(connection)
    switched = []
    for name, shared in SHARED.items():
        if (name in wanted) != (name in on):
            switch(connection, name, on=name in wanted)
            switched.append(f"memberships {'may no longer' if name in wanted else 'may'} share {shared}")
    return switched


def switch(connection: Connection[Any], name: str, *, on: bool) -> None:
    """Switch one rule."""
    doubles = store.count_doubles(connection, name) if on else 0
    if doubles:
        raise MembershipDoublesError(
            f"Active memberships of a program share {SHARED[name]} (cases: {doubles}). Change or delete the doubles,"
            f" or leave {name} out of TESSERA_UNIQUE_MEMBERSHIPS.",
            count=doubles,
        )
    store.switch_rule(connection, name, on=on)
