"""Signatures as Standard Webhooks has them: HMAC-SHA256 over id, moment and body. Pure, but for drawing secrets."""

import base64
import hmac
import os
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def make_secret() -> str:
    """Draw a secret of 256 bits."""
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def sign(secret: str, message_id: str, moment: int, body: bytes) -> str:
    """Return one signature with its version."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, b".".join((message_id.encode(), str(moment).encode(), body)), "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def make_headers(secrets: Sequence[str], message_id: str, now: datetime, body: bytes) -> list[tuple[str, str]]:
    """Return the headers of one attempt, signed with each of the secrets: a receiver needs to know one of them."""
    moment = int(now.timestamp())
    return [
        ("content-type", "application/json"),
        ("webhook-id", message_id),
        ("webhook-timestamp", str(moment)),
        ("webhook-signature", " ".join(sign(secret, message_id, moment, body) for secret in secrets)),
    ]


def check_secret(text: str) -> str:
    """Return the secret, or say what is wrong with it: the standard asks for 24 to 64 bytes in base64."""
    try:
        size = len(base64.b64decode(text.removeprefix(PREFIX), validate=True))
    except ValueError:
        size = 0
    if not text.startswith(PREFIX) or not 24 <= size <= 64:
        raise ValueError(f"A secret is {PREFIX} and 24 to 64 bytes in base64. Leave it empty to have one made.")
    return text
