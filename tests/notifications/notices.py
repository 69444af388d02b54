"""Notices in tests: rules, news of one definition, and a worker's share of it."""

from typing import Any
from uuid import UUID

from tests.notifications.conftest import SYSTEM, Post

from tessera import notifications
from tessera.notifications import RUN_NEWS, KeptNotice, Notice, NoticeFilter, NoticeRules, Subject
from tessera.notifications.notices.rules import check_rules
from tessera.platform import mail
from tessera.platform.db import driver
from tessera.platform.ids import new_id

DEFINITION = UUID("0190b3c4-5d6e-7f80-9123-456789abcdef")


def mails(*addresses: str) -> dict[str, Any]:
    """Return a toggle that is on."""
    return {"enabled": True, "addresses": list(addresses)}


def rules_of(post: Post, **given: Any) -> NoticeRules:
    return check_rules(given, post.resources).rules


def news(post: Post, name: str, **given: Any) -> Notice:
    """Return news of a run of the definition."""
    subject = Subject("export_definition", given.pop("subject_id", DEFINITION), given.pop("label", "Daily"), "Export")
    chain_id = given.pop("chain_id", post.chain_id)
    values = {"key": f"run {new_id()}", "path": "/admin/exports/runs/1", "happened_at": post.clock(), **given}
    return Notice(chain_id, subject, RUN_NEWS[name], **values)


async def tell(post: Post, rules: NoticeRules, *notices: Notice) -> int:
    """Hand in the notices in one transaction; return how many deliveries leave."""
    async with post.database.session() as session:
        items = [(rules, notice) for notice in notices]
        return await notifications.send_notices(session, post.resources, items, now=post.clock())


async def work(post: Post) -> None:
    """Do what a worker does with the jobs that are due, those too that wait for their turn."""
    app = post.resources.jobs.app
    if "mail.send" not in app.tasks:
        for each in (mail.background_work(post.resources), notifications.background_work(post.resources, post.client)):
            each.handle_jobs(post.resources.jobs)
    async with app.open_async():
        while await count_due(post):
            await app.run_worker_async(
                wait=False, listen_notify=False, install_signal_handlers=False, delete_jobs="always", concurrency=8
            )


async def count_due(post: Post) -> int:
    """Return how many jobs are due."""
    async with post.database.session() as session:
        connection = await driver(session)
        cursor = await connection.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE coalesce(scheduled_at, now()) <= now() AND status = 'todo'"
        )
        row = await cursor.fetchone()
        return 0 if row is None else int(row[0])


async def kept(post: Post, **wanted: Any) -> list[KeptNotice]:
    """Return the notices, newest first."""
    async with post.database.session() as session:
        return await notifications.list_notices(session, SYSTEM, post.resources.keys, NoticeFilter(**wanted))
