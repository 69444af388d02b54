"""`tessera notice`: who was notified of what, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera import notifications
from tessera.cli.arguments import require_id
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list
from tessera.platform.errors import InvalidError

if TYPE_CHECKING:
    from tessera.notifications import KeptNotice

app = typer.Typer(no_args_is_help=True)

NOTICE = {
    "Id": lambda n: n.id,
    "When": lambda n: n.created_at,
    "News": lambda n: n.news,
    "About": lambda n: n.subject_label,
    "To": lambda n: [f"{one.recipient}: {one.state}" for one in n.deliveries],
}


class SettingUnclearError(InvalidError):
    """A setting of a test notice has no value."""

    code = "notice_setting_unclear"


@app.command("list")
def list_notices(
    subject: Annotated[
        UUID | None, typer.Option(parser=require_id, metavar="ID", help="Only about this, such as a definition.")
    ] = None,
    news: Annotated[str | None, typer.Option(help="Only of this kind, such as run_failed.")] = None,
    after: Annotated[
        UUID | None, typer.Option(parser=require_id, metavar="ID", help="Id of a notice: only those before it.")
    ] = None,
    size: Annotated[int, typer.Option("--size", help="Lines at most.", min=1, max=1000)] = 20,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """List notices, newest first, with those who got them."""

    async def work(context: CommandContext) -> Sequence[KeptNotice]:
        async with context.session() as session:
            owner = None if chain is None else await find_chain(session, context.actor, chain)
            wanted = notifications.NoticeFilter(owner, subject, news)
            keys = context.resources.keys
            return await notifications.list_notices(session, context.actor, keys, wanted, after=after, count=size)

    show_list(run_command(work), NOTICE, as_json=as_json, empty="No notice.")


@app.command("test")
def send_test_notice(
    channel: Annotated[str, typer.Argument(help="email, webhook, slack or heartbeat.")],
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the channel; may be repeated.")
    ] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Have a worker send a test notice; `tessera notice list` shows what came of it."""
    settings = dict(split_setting(each) for each in setting or ())

    async def work(context: CommandContext) -> KeptNotice:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await notifications.send_test_notice(
                session, context.actor, context.resources, owner, channel=channel, settings=settings
            )

    show_item(run_command(work), NOTICE, as_json=as_json)


def split_setting(text: str) -> tuple[str, str]:
    """Return name and value of a setting."""
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingUnclearError(f"{text[:60]!r} has no value. Write --set url=https://….")
    return name.strip(), value
