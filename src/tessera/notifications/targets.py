"""Where a subscription may point. The address of a name is judged again each time that it is called."""

import re
from collections.abc import Sequence

from tessera.notifications.errors import EventNamesError, WebhookUrlError
from tessera.platform.http import CallError, judge_address, normalise_host, parse_url
from tessera.platform.settings import Settings

EVENT_NAME = re.compile(r"[a-z_]+\.[a-z_]+", re.ASCII)
LONGEST_URL = 2000
MOST_NAMES = 100


def check_url(text: str, settings: Settings) -> str:
    """Return the URL trimmed, or raise with what this deployment has against it."""
    text = text.strip()
    try:
        url = parse_url(text, allow_insecure_http=settings.allow_insecure_http)
        host = normalise_host(url.host_str or "")
    except CallError as error:
        raise WebhookUrlError(error.message, field="url") from None
    if "#" in text or len(text) > LONGEST_URL:
        raise WebhookUrlError(f"The URL needs at most {LONGEST_URL} characters and no fragment (“#”).", field="url")
    reason = None if isinstance(host, str) else judge_address(host, settings.allowed_networks)
    if reason is not None:
        raise WebhookUrlError(
            f"Calls to {url.host_str} are refused: its address is of the kind “{reason}”. If this deployment is meant "
            "to reach it, an administrator adds its network to TESSERA_ALLOWED_NETWORKS.",
            field="url",
        )
    return text


def check_names(names: Sequence[str] | None) -> list[str] | None:
    """Return the names of events in order, each once."""
    if names is None:
        return None
    wrong = sorted(name for name in set(names) if not EVENT_NAME.fullmatch(name))
    if wrong:
        raise EventNamesError(
            f"{wrong[0][:60]!r} is not a name of an event. Names are like membership.created.",
            field="event_names",
        )
    if not 1 <= len(names) <= MOST_NAMES:
        raise EventNamesError(
            f"Name 1 to {MOST_NAMES} events, or none at all (null) for every one of loyalty.", field="event_names"
        )
    return sorted(set(names))
