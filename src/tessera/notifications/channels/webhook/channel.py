"""The webhook channel, and the one call that it makes."""

from datetime import datetime
from http import HTTPStatus

from tessera.notifications.channels.webhook.signatures import make_headers, make_secret
from tessera.notifications.channels.webhook.targets import check_url
from tessera.notifications.contract import SEND_SECONDS, Answer, Channel, Notification
from tessera.platform.http import CallError, CallLimits, OutboundClient

LIMITS = CallLimits(connect_seconds=5, read_seconds=SEND_SECONDS, total_seconds=SEND_SECONDS, answer_bytes=64 * 1024)


async def send(client: OutboundClient, notification: Notification, now: datetime) -> Answer:
    """Post the notification and read the answer."""
    headers = make_headers(notification.secrets, str(notification.id), now, notification.body)
    try:
        reply = await client.send("POST", notification.url, headers=headers, body=notification.body, limits=LIMITS)
    except CallError as error:
        return Answer(error=error.message)
    return Answer(
        status=reply.status,
        error=explain_status(reply.status),
        retry_after=reply.retry_after(now),
        gone=reply.status == HTTPStatus.GONE,
    )


def explain_status(status: int) -> str | None:
    """Return why an attempt with that answer failed, None where it did not."""
    if 200 <= status < 300:
        return None
    try:
        name = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = str(status)
    if 300 <= status < 400:
        return (
            f"The receiver answered {name}: redirects are never followed. Point the subscription to the last address."
        )
    return f"The receiver answered {name}."


WEBHOOK = Channel("webhook", check_url=check_url, make_secret=make_secret, send=send)
