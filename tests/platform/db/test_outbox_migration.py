"""Letters that waited in the queue lie in the outbox after migrating, and their jobs find them there."""

from collections.abc import Callable

import msgspec
import psycopg
from alembic import command
from sqlalchemy import NullPool, create_engine

from tessera.platform.db import migrate
from tessera.platform.db.migrations import ALEMBIC, alembic_config, connect, connect_owner
from tessera.platform.db.roles import prepare_roles
from tessera.platform.secrets import KeyRing

OPTIONS = "-c search_path=tessera,procrastinate"


def test_waiting_letter_moves_into_the_outbox(empty_database: Callable[[], str], keys: KeyRing) -> None:
    address = empty_database()
    with connect(address) as connection:
        prepare_roles(connection, address, keys)
    config = alembic_config()
    engine = create_engine("postgresql+psycopg://", poolclass=NullPool, creator=lambda: connect_owner(address))
    with engine.connect() as upgraded, ALEMBIC:
        config.attributes["connection"] = upgraded
        command.upgrade(config, "0028")
        upgraded.commit()
    posted = {"letter": {"to": "ada@example.com", "subject": "Hello", "lines": ["A line."]}, "message_id": "<1@x>"}
    sealed = keys.seal(msgspec.json.encode(posted).decode(), "mail.send")
    with psycopg.connect(address, autocommit=True, options=OPTIONS) as old:
        old.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
            " VALUES ('short', 'mail.send', jsonb_build_object('sealed', %s::text))",
            [sealed],
        )
        migrate(address, keys)
        ((mail_id, letter, state),) = old.execute("SELECT id, sealed_letter, state FROM mails").fetchall()
        ((arguments,),) = old.execute("SELECT args FROM procrastinate_jobs").fetchall()
    assert (letter, state, arguments) == (sealed, "pending", {"mail_id": str(mail_id)})
    assert mail_id.version == 7
