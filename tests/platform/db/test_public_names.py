"""What a database of revision 0022 holds under a former public name has the present one after migrating."""

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from psycopg.types.json import Jsonb
from sqlalchemy import NullPool, create_engine
from tests.builders.pages import read_page
from tests.builders.reference import api_names, error_codes

from tessera.loyalty import events as loyalty_events
from tessera.notifications.checks import EVENT_NAME
from tessera.notifications.values import LOYALTY_NOUNS
from tessera.platform.db import migrate
from tessera.platform.db.migrations import ALEMBIC, OPTIONS, alembic_config, connect, connect_owner
from tessera.platform.db.roles import prepare_roles
from tessera.platform.secrets import KeyRing

names = importlib.import_module("tessera.migrations.versions.0023_public_names")
CHAIN, DEFINITION, PROFILE = uuid4(), uuid4(), uuid4()
ORDER = "SELECT sequence, transaction_id, subject_id FROM events ORDER BY sequence"
REJECTED = "inbound_message.rejected"

Old = psycopg.Connection[Any]


@pytest.fixture
def old(empty_database: Callable[[], str], keys: KeyRing) -> Iterator[tuple[str, Old]]:
    """A database at revision 0022, and a superuser's connection to it."""
    address = empty_database()
    with connect(address) as connection:
        prepare_roles(connection, address, keys)
    config = alembic_config()
    engine = create_engine("postgresql+psycopg://", poolclass=NullPool, creator=lambda: connect_owner(address))
    with engine.connect() as connection, ALEMBIC:
        config.attributes["connection"] = connection
        command.upgrade(config, "0022")
        connection.commit()
    with psycopg.connect(address, options=OPTIONS, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO chains (id, name, created_at, updated_at) VALUES (%s, 'One', now(), now())", [CHAIN]
        )
        yield address, connection


def add_event(old: Old, name: str, payload: dict[str, str]) -> None:
    old.execute(
        "INSERT INTO events (chain_id, name, subject_id, payload) VALUES (%s, %s, %s, %s)",
        [CHAIN, name, uuid4(), Jsonb(payload)],
    )


def add_subscription(old: Old, event_names: list[str]) -> UUID:
    subscription_id = uuid4()
    old.execute(
        """
        INSERT INTO webhook_subscriptions (id, chain_id, label, url, event_names, sealed_secret,
          position_transaction_id, position_sequence, created_at, updated_at)
        VALUES (%s, %s, 'CRM', 'https://crm.example.com', %s, '', '1', 0, now(), now())
        """,
        [subscription_id, CHAIN, event_names],
    )
    return subscription_id


def add_delivery(old: Old, subscription_id: UUID, name: str, payload: dict[str, str]) -> None:
    old.execute(
        """
        INSERT INTO webhook_deliveries (id, subscription_id, chain_id, event_sequence, event_name, body, state, due_at,
          created_at)
        VALUES (%s, %s, %s, 1, %s, (%s::jsonb)::text, 'pending', now(), now())
        """,
        [uuid4(), subscription_id, CHAIN, name, json.dumps({"type": name, "data": {"payload": payload}})],
    )


def add_definition(old: Old) -> None:
    old.execute(
        """
        INSERT INTO export_definitions (id, chain_id, label, internal_name, query_id, template_id,
          created_by, updated_by)
        VALUES (%s, %s, 'Members', 'members', %s, %s, 'Nora', 'Nora')
        """,
        [DEFINITION, CHAIN, uuid4(), uuid4()],
    )


def add_run(old: Old, error_code: str) -> None:
    old.execute(
        """
        INSERT INTO runs (id, chain_id, definition_id, trigger, started_by, state, snapshot, error_code)
        VALUES (%s, %s, %s, 'manual', 'Nora', 'failed', '{}', %s)
        """,
        [uuid4(), CHAIN, DEFINITION, error_code],
    )


def add_message(old: Old, reason: str) -> None:
    old.execute(
        """
        INSERT INTO inbound_messages (id, chain_id, profile_id, dedupe_key, type, size, state, reason, received_at)
        VALUES (%s, %s, %s, %s, 'events', 0, 'rejected', %s, now())
        """,
        [uuid4(), CHAIN, PROFILE, reason.encode(), reason],
    )


def test_events_have_their_present_names(old: tuple[str, Old], keys: KeyRing) -> None:
    address, before = old
    for name in names.EVENTS:
        add_event(before, name, {"internal_name": name})
    add_event(before, "integrations.message.rejected", {"reason": "program_unknown"})
    order = before.execute(ORDER).fetchall()

    migrate(address, keys)

    found = before.execute("SELECT payload ->> 'internal_name', name FROM events ORDER BY sequence").fetchall()
    assert dict(found[:-1]) == names.EVENTS
    assert {name for _, name in found} == api_names()["event"]
    assert before.execute("SELECT payload FROM events ORDER BY sequence DESC LIMIT 1").fetchone() == (
        {"reason": "program_not_found"},
    )
    after = before.execute(ORDER).fetchall()
    assert after == order


def test_filters_and_deliveries_follow_the_events(old: tuple[str, Old], keys: KeyRing) -> None:
    address, before = old
    some = add_subscription(before, ["exports.run.finished", "loyalty.membership.added", "loyalty.balance.changed"])
    every = add_subscription(before, list(names.EVENTS))
    add_delivery(before, some, "loyalty.membership.added", {"number": "7"})
    add_delivery(before, some, "integrations.message.rejected", {"reason": "tier_unknown"})

    migrate(address, keys)

    filters = dict(before.execute("SELECT id, event_names FROM webhook_subscriptions").fetchall())
    assert filters == {
        some: ["balance.updated", "membership.created", "run.finished"],
        every: sorted(names.EVENTS.values()),
    }
    deliveries = before.execute("SELECT event_name, body FROM webhook_deliveries ORDER BY event_name DESC").fetchall()
    assert [(name, json.loads(str(body))) for name, body in deliveries] == [
        ("membership.created", {"type": "membership.created", "data": {"payload": {"number": "7"}}}),
        (
            "inbound_message.rejected",
            {"type": "inbound_message.rejected", "data": {"payload": {"reason": "tier_not_found"}}},
        ),
    ]


def test_audit_entries_have_present_actions(old: tuple[str, Old], keys: KeyRing) -> None:
    address, before = old
    for action in (*names.ACTIONS, "run_started"):
        before.execute(
            "INSERT INTO audit_entries (actor_kind, actor_name, action, object_kind, object_name)"
            " VALUES ('user', 'Nora', %s, 'user', %s)",
            [action, action],
        )

    migrate(address, keys)

    found = dict(before.execute("SELECT object_name, action FROM audit_entries").fetchall())
    assert found == {**names.ACTIONS, "run_started": "run_started"}
    assert not [action for action in found.values() if " " in str(action)]


def test_codes_of_runs_and_messages_are_present_ones(old: tuple[str, Old], keys: KeyRing) -> None:
    address, before = old
    # Only the codes matter here, not what the rows belong to.
    before.execute("SET session_replication_role = replica")
    add_definition(before)
    for code in (*names.CODES, "outcome_unknown"):
        add_run(before, code)
        add_message(before, code)

    migrate(address, keys)

    present = {code for code, _, _ in error_codes()}
    for question in ("SELECT error_code FROM runs", "SELECT reason FROM inbound_messages"):
        found = [code for (code,) in before.execute(question.encode()).fetchall()]
        assert sorted(map(str, found)) == sorted([*names.CODES.values(), "outcome_unknown"])
        assert set(found) - {"outcome_unknown"} <= present


def test_waiting_jobs_are_still_run(old: tuple[str, Old], keys: KeyRing) -> None:
    address, before = old
    for task in (*names.JOBS, "mail.send", "notifications.send_notice"):
        before.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('short', %s, '{\"a\": 1}')", [task]
        )

    migrate(address, keys)

    found = before.execute("SELECT task_name, status::text, args FROM procrastinate_jobs").fetchall()
    assert {task for task, _, _ in found} == api_names()["job"]
    assert {(status, str(args)) for _, status, args in found} == {("todo", "{'a': 1}")}


def test_record_has_every_former_name() -> None:
    page = read_page("decisions/0036-public-names.md")
    for former, present in {**names.EVENTS, **names.ACTIONS, **names.CODES, **names.JOBS}.items():
        assert f"| `{former}` | `{present}` |" in page


def test_names_have_their_forms() -> None:
    assert all(EVENT_NAME.fullmatch(name) for name in api_names()["event"])
    assert [code for code, _, _ in error_codes() if code.endswith(("_unknown", "_mismatch"))] == ["key_ring_mismatch"]


def test_subscription_without_names_gets_all_of_loyalty() -> None:
    nouns = {name.split(".")[0] for key, name in vars(loyalty_events).items() if key.isupper()}
    assert nouns == set(LOYALTY_NOUNS)
