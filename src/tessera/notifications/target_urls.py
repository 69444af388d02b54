"""Where webhooks, chat messages and heartbeats may go. The address of a name is judged again at each call."""

from tessera.notifications.errors import WebhookUrlError
from tessera.platform.http import CallError, judge_address, normalise_host, parse_url
from tessera.platform.settings import Settings

LONGEST_URL = 2000


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


def host_of(text: str) -> str:
    """Return the host of a URL that was checked: what may be shown of one whose path is a secret."""
    return parse_url(text, allow_insecure_http=True).host_str or ""
