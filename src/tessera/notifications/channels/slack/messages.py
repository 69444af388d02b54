"""What a chat message says. Pure."""

import re
from typing import Any

from tessera.notifications.contract import NoticeText

# `<!channel>` and the like notify everybody in Slack, `@all` and the like in Mattermost; a label must not.
ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
MENTION = re.compile(r"@(?=(?:all|channel|everyone|here)\b)", re.IGNORECASE)
ZERO_WIDTH_SPACE = "\u200b"


def escape(text: str) -> str:
    """Return the text so that no chat reads commands, links or mentions into it."""
    for sign, escaped in ESCAPES:
        text = text.replace(sign, escaped)
    return MENTION.sub(f"@{ZERO_WIDTH_SPACE}", text)


def make_lines(text: NoticeText) -> list[str]:
    """Return everything that the notice says, a line each."""
    reasons = [f"{count:,} × {reason}" for reason, count in text.reasons]
    facts = [f"{label}: {value}" for label, value in text.facts]
    return [*text.paragraphs, *facts, *reasons, *text.closing]


def make_text(text: NoticeText) -> dict[str, Any]:
    """Return the body that Slack, Mattermost, Rocket.Chat and Google Chat take."""
    lines = [f"*{escape(text.title)}*", *(escape(line) for line in make_lines(text))]
    return {"text": "\n".join([*lines, *([text.link] if text.link else [])])}


def make_card(text: NoticeText) -> dict[str, Any]:
    """Return the body that a workflow of Microsoft Teams takes: an adaptive card, whose texts are Markdown."""
    blocks: list[dict[str, Any]] = [text_block(text.title, weight="Bolder", size="Medium")]
    blocks += [text_block(line) for line in text.paragraphs]
    if text.facts:
        facts = [{"title": escape_markdown(label), "value": escape_markdown(value)} for label, value in text.facts]
        blocks.append({"type": "FactSet", "facts": facts})
    blocks += [text_block(f"{count:,} × {reason}") for reason, count in text.reasons]
    blocks += [text_block(line, isSubtle=True) for line in text.closing]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    if text.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": text.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def text_block(text: str, **looks: Any) -> dict[str, Any]:
    """Return a paragraph of a card."""
    return {"type": "TextBlock", "text": escape_markdown(text), "wrap": True, **looks}


def escape_markdown(text: str) -> str:
    """Return the text with nothing in it that Markdown reads as a link, an image or emphasis."""
    return re.sub(r"([\\`*_\[\]()<>~|#])", r"\\\1", text)
