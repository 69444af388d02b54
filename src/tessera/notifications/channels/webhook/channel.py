"""The webhook channel, and the one call that it makes."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from tessera.notifications.calls import send_post
from tessera.notifications.channels.webhook.signatures import check_secret, make_headers, make_secret
from tessera.notifications.contract import Answer, Call, Channel, NoticeText, Notification, Subscribable, Values
from tessera.notifications.retries import WAITS
from tessera.notifications.target_urls import check_url, host_of
from tessera.platform.http import OutboundClient
from tessera.platform.kind_settings import KindSetting, SettingKind


async def send(client: OutboundClient, notification: Notification, now: datetime) -> Answer:
    """Post the notification and read the answer."""
    headers = make_headers(notification.secrets, str(notification.id), now, notification.body)
    return await send_post(client, notification.url, headers=headers, body=notification.body, now=now)


def render(text: NoticeText, values: Values, delivery_id: UUID) -> Notification:
    """Return the notice in the shape in which events are sent."""
    data = {
        "chain_id": text.chain_id,
        "news": text.news,
        "subject_kind": text.subject_kind,
        "subject_id": text.subject_id,
        "subject_label": text.subject_label,
        "title": text.title,
        "paragraphs": text.paragraphs,
        "facts": [{"label": label, "value": value} for label, value in text.facts],
        "reasons": [{"reason": reason, "count": count} for reason, count in text.reasons],
        "link": text.link,
    }
    body = {"type": f"notice.{text.news}", "timestamp": text.happened_at.astimezone(UTC), "data": data}
    return Notification(delivery_id, values["url"], (values["secret"],), msgspec.json.encode(body))


WEBHOOK = Channel(
    "webhook",
    "Webhook",
    "A POST of JSON, signed as Standard Webhooks has it.",
    settings=(
        KindSetting("url", "URL", "Where notices are sent, https://….", SettingKind.URL, required=True),
        KindSetting(
            "secret", "Secret", "Signs every notice: whsec_…. Left empty, Tessera makes one.", secret=True,
            clean=check_secret,
        ),
    ),
    way=Call(lambda values: host_of(values["url"]), render, send, WAITS),
    events=Subscribable(check_url, make_secret, send),
    drawn={"secret": make_secret},
)  # fmt: skip
