"""The heartbeat channel: either one URL with /start and /fail behind it, as Healthchecks has it, or a URL for each."""

from datetime import datetime
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from tessera.notifications.calls import send_post
from tessera.notifications.contract import Answer, Call, Channel, NoticeText, Notification, Signal, Values
from tessera.notifications.target_urls import host_of
from tessera.platform.http import OutboundClient
from tessera.platform.kind_settings import KindSetting, SettingKind

SUFFIXES = {Signal.START: "/start", Signal.SUCCESS: "", Signal.FAILURE: "/fail"}
OWN_URLS = {Signal.START: "start_url", Signal.SUCCESS: "url", Signal.FAILURE: "failure_url"}
TEXT = (("content-type", "text/plain; charset=utf-8"),)
# Monitors alarm within minutes; a call that comes much later says nothing that is still true.
WAITS = (5, 30, 120)


def choose_url(signal: Signal, values: Values, signal_id: UUID | None) -> str | None:
    """Return what to call; None where nothing is to be called at this point."""
    if values.get("style") == "urls":
        return values.get(OWN_URLS[signal]) or None
    parts = urlsplit(values["url"])
    # Healthchecks measures by it how long the run took; others ignore it.
    query = "&".join(part for part in (parts.query, f"rid={signal_id}" if signal_id else "") if part)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + SUFFIXES[signal], query=query))


def render(text: NoticeText, values: Values, delivery_id: UUID) -> Notification | None:
    """Return the call, with the title as its body, which monitors show beside the signal."""
    url = choose_url(text.signal, values, text.signal_id) if text.signal else None
    return None if url is None else Notification(delivery_id, url, (), text.title.encode())


async def send(client: OutboundClient, notification: Notification, now: datetime) -> Answer:
    """Call the monitor and read the answer."""
    return await send_post(client, notification.url, headers=TEXT, body=notification.body, now=now)


def own_url(key: str, label: str, text: str) -> KindSetting:
    """Declare a URL that exists only where each point has its own."""
    return KindSetting(key, label, text, SettingKind.URL, secret=True, shown_with=("style", "urls"))


HEARTBEAT = Channel(
    "heartbeat",
    "Heartbeat",
    "A monitor outside, called at the start and the end of every run; it alarms when it hears nothing in time.",
    settings=(
        KindSetting(
            "style", "Style", "Healthchecks, and what speaks like it, takes /start and /fail.", SettingKind.CHOICE,
            default="suffixes", choices={"suffixes": "One URL, with /start and /fail", "urls": "A URL for each"},
        ),
        KindSetting("url", "URL", "Called after success.", SettingKind.URL, required=True, secret=True),
        own_url("start_url", "URL at the start", "Called when a run starts; may be empty."),
        own_url("failure_url", "URL after failure", "Called when a run failed; may be empty."),
    ),
    way=Call(lambda values: host_of(values["url"]), render, send, WAITS),
    hears_signals=True,
)  # fmt: skip
