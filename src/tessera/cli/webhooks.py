"""`tessera webhook`: subscriptions to events, and their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from msgspec import UNSET

from tessera import notifications
from tessera.cli.arguments import require_id
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_json, show_list
from tessera.notifications import DeliveryState
from tessera.platform.errors import InvalidError

if TYPE_CHECKING:
    from tessera.notifications import Delivery, MadeSubscription, Subscription

app = typer.Typer(no_args_is_help=True)

SUBSCRIPTION = {
    "Id": lambda s: s.id,
    "Label": lambda s: s.label,
    "URL": lambda s: s.url,
    "Events": lambda s: "every event of loyalty" if s.event_names is None else s.event_names,
    "Enabled": lambda s: s.enabled,
    "Failing since": lambda s: s.failing_since,
}
DETAIL = SUBSCRIPTION | {
    "Chain": lambda s: s.chain_id,
    "Why it is off": lambda s: s.disabled_reason,
    "Old secret until": lambda s: s.former_secret_until,
    "Position": lambda s: s.position,
    "Created": lambda s: s.created_at,
    "Updated": lambda s: s.updated_at,
}
DELIVERY = {
    "Id": lambda d: d.id,
    "Event": lambda d: d.event_name,
    "Sequence": lambda d: d.event_sequence,
    "State": lambda d: d.state,
    "Attempts": lambda d: d.attempts,
    "Next": lambda d: d.due_at,
    "Status": lambda d: d.last_status,
    "Error": lambda d: d.last_error,
}
SHOWN_ONCE = "The secret is shown this once. Give it to the receiver, which checks the signatures with it."

SubscriptionId = Annotated[
    UUID,
    typer.Argument(
        parser=require_id, metavar="SUBSCRIPTION", help="Id of the subscription, as `tessera webhook list` shows it."
    ),
]
EventNames = Annotated[
    list[str] | None,
    typer.Option("--event", help="Only events of this name; may be given again. Default: every event of loyalty."),
]


class ReplayChoiceError(InvalidError):
    """It is not clear what should be sent again."""

    code = "replay_unclear"


def show_made(made: MadeSubscription, *, as_json: bool) -> None:
    """Print a subscription with its secret."""
    if as_json:
        show_json({"id": made.subscription.id, "label": made.subscription.label, "secret": made.secret})
        return
    show_item(made.subscription, SUBSCRIPTION, as_json=False)
    typer.echo(f"Secret  {made.secret}")
    typer.echo(SHOWN_ONCE)


@app.command("create")
def create_subscription(
    label: Annotated[str, typer.Argument(help="What people call it.")],
    url: Annotated[str, typer.Argument(help="Where events are sent, https://….")],
    event: EventNames = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Create a subscription, which receives events from now on."""

    async def work(context: CommandContext) -> MadeSubscription:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            new = notifications.NewSubscription(label, url, event or None)
            return (
                await notifications.create_subscriptions(
                    session, context.actor, context.resources, owner, [new], now=context.now()
                )
            )[0]

    show_made(run_command(work), as_json=as_json)


@app.command("list")
def list_subscriptions(chain: ChainOption = None, as_json: AsJson = False) -> None:
    """List subscriptions, newest first."""

    async def work(context: CommandContext) -> Sequence[Subscription]:
        async with context.session() as session:
            owner = None if chain is None else await find_chain(session, context.actor, chain)
            return await notifications.list_subscriptions(session, context.actor, chain_id=owner)

    empty = "No subscription yet. Make one: tessera webhook create LABEL URL"
    show_list(run_command(work), SUBSCRIPTION, as_json=as_json, empty=empty)


@app.command("show")
def show_subscription(subscription: SubscriptionId, as_json: AsJson = False) -> None:
    """Show one subscription."""

    async def work(context: CommandContext) -> Subscription:
        async with context.session() as session:
            return await notifications.get_subscription(session, context.actor, subscription)

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("update")
def update_subscription(
    subscription: SubscriptionId,
    label: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    url: Annotated[str | None, typer.Option(help="Where events are sent, https://….")] = None,
    event: EventNames = None,
    all_events: Annotated[bool, typer.Option("--all-events", help="Every event of loyalty again.")] = False,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Switch it on or off; on again, it catches up.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a subscription; what is left out stays."""

    async def work(context: CommandContext) -> Subscription:
        change = notifications.SubscriptionChange(
            label=UNSET if label is None else label,
            url=UNSET if url is None else url,
            event_names=None if all_events else event or UNSET,
            enabled=UNSET if enabled is None else enabled,
        )
        async with context.session() as session:
            return await notifications.update_subscription(
                session, context.actor, context.resources, subscription, change, now=context.now()
            )

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("delete")
def delete_subscription(subscription: SubscriptionId) -> None:
    """Delete a subscription with all its deliveries, sent or not."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            await notifications.delete_subscription(session, context.actor, subscription)

    run_command(work)
    typer.echo("Deleted.")


@app.command("rotate-secret")
def rotate_secret(subscription: SubscriptionId, as_json: AsJson = False) -> None:
    """Draw a new secret. The one before signs too for 24 hours."""

    async def work(context: CommandContext) -> MadeSubscription:
        async with context.session() as session:
            return await notifications.rotate_secret(
                session, context.actor, context.resources.keys, subscription, now=context.now()
            )

    show_made(run_command(work), as_json=as_json)


@app.command("deliveries")
def list_deliveries(
    subscription: SubscriptionId,
    state: Annotated[DeliveryState | None, typer.Option(help="Only deliveries in this state.")] = None,
    after: Annotated[
        UUID | None, typer.Option(parser=require_id, metavar="ID", help="Id of a delivery: only those before it.")
    ] = None,
    size: Annotated[int, typer.Option("--size", help="Lines at most.", min=1, max=1000)] = 20,
    as_json: AsJson = False,
) -> None:
    """List deliveries, newest first."""

    async def work(context: CommandContext) -> Sequence[Delivery]:
        async with context.session() as session:
            return await notifications.list_deliveries(
                session,
                context.actor,
                subscription,
                state=state,
                after=after,
                count=size,
            )

    show_list(run_command(work), DELIVERY, as_json=as_json, empty="No delivery.")


@app.command("replay")
def replay(
    subscription: SubscriptionId,
    delivery: Annotated[
        list[UUID] | None, typer.Option(parser=require_id, metavar="ID", help="Id of a delivery; may be given again.")
    ] = None,
    failed_since: Annotated[
        datetime | None, typer.Option(help="Everything that failed for good since then (UTC).")
    ] = None,
    events_since: Annotated[
        datetime | None, typer.Option(help="Every event since then (UTC) again, in new deliveries.")
    ] = None,
) -> None:
    """Have deliveries, or events, sent again: give one of the options."""
    if sum(bool(one) for one in (delivery, failed_since, events_since)) != 1:
        raise ReplayChoiceError("Say what to send again: --delivery, --failed-since or --events-since, one of them.")

    async def work(context: CommandContext) -> str:
        found, actor, now = subscription, context.actor, context.now()
        async with context.session() as session:
            if events_since is not None:
                since = events_since.replace(tzinfo=UTC)
                moved = await notifications.replay_events(session, actor, found, since=since)
                return "A worker sends the events again." if moved else "No event since then has been sent yet."
            if failed_since is not None:
                since = failed_since.replace(tzinfo=UTC)
                count = await notifications.replay_failed(session, actor, found, since=since, now=now)
            else:
                count = await notifications.replay_deliveries(session, actor, found, delivery or (), now=now)
        return f"A worker sends {count:,} {'delivery' if count == 1 else 'deliveries'} again."

    typer.echo(run_command(work))


@app.command("test")
def send_test(subscription: SubscriptionId, as_json: AsJson = False) -> None:
    """Have a worker send a test; `tessera webhook deliveries` shows what came of it."""

    async def work(context: CommandContext) -> Delivery:
        async with context.session() as session:
            return await notifications.send_test(session, context.actor, subscription, now=context.now())

    show_item(run_command(work), DELIVERY, as_json=as_json)
