"""The one call that a channel makes over HTTP, and what its answer means."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from tessera.notifications.contract import SEND_SECONDS, Answer
from tessera.platform.http import CallError, CallLimits, OutboundClient

LIMITS = CallLimits(connect_seconds=5, read_seconds=SEND_SECONDS, total_seconds=SEND_SECONDS, answer_bytes=64 * 1024)


async def send_post(
    client: OutboundClient, url: str, *, headers: Sequence[tuple[str, str]], body: bytes, now: datetime
) -> Answer:
    """Post a body and read the answer."""
    try:
        reply = await client.send("POST", url, headers=headers, body=body, limits=LIMITS)
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
        return f"The receiver answered {name}: redirects are never followed. Give the address where they end."
    return f"The receiver answered {name}."
