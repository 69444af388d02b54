"""The chat channel. The URL is the credential, so it is kept as a secret."""

from datetime import datetime
from uuid import UUID

import msgspec

from tessera.notifications.calls import send_post
from tessera.notifications.channels.slack.messages import make_card, make_text
from tessera.notifications.contract import Answer, Call, Channel, NoticeText, Notification, Values
from tessera.notifications.retries import WAITS
from tessera.notifications.target_urls import host_of
from tessera.platform.http import OutboundClient
from tessera.platform.kind_settings import KindSetting, SettingKind

JSON = (("content-type", "application/json"),)
FORMS = {"text": make_text, "card": make_card}


def render(text: NoticeText, values: Values, delivery_id: UUID) -> Notification:
    """Return the message in the form that was chosen."""
    body = msgspec.json.encode(FORMS[values.get("form") or "text"](text))
    return Notification(delivery_id, values["url"], (), body)


async def send(client: OutboundClient, notification: Notification, now: datetime) -> Answer:
    """Post the message and read the answer."""
    return await send_post(client, notification.url, headers=JSON, body=notification.body, now=now)


SLACK = Channel(
    "slack",
    "Chat",
    "A message to an incoming webhook of Slack, Mattermost, Rocket.Chat, Google Chat or Microsoft Teams.",
    settings=(
        KindSetting(
            "url", "Webhook URL", "As the chat shows it; who knows it can write.", SettingKind.URL, required=True,
            secret=True,
        ),
        KindSetting(
            "form", "Form", "Microsoft Teams takes cards, the others take text.", SettingKind.CHOICE, default="text",
            choices={"text": "Text", "card": "Card (Microsoft Teams)"},
        ),
    ),
    way=Call(lambda values: host_of(values["url"]), render, send, WAITS),
)  # fmt: skip
