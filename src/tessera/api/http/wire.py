"""From and to the server, for doors that answer without a framework."""

from collections.abc import AsyncIterator, Mapping
from functools import cache
from typing import Any

from litestar.types import Send

# Answers show data of the one who asks: they stay out of every cache.
EVERYWHERE = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


def raw_path(scope: Any) -> str:
    """Return the path as it was sent, undecoded."""
    return bytes(scope["raw_path"]).partition(b"?")[0].decode("latin-1")


@cache
def encode_name(name: str) -> bytes:
    """Return the name of a header as servers want it; all names are ours, so there are few."""
    return name.lower().encode()


async def write(send: Send, status: int, body: bytes | AsyncIterator[bytes], headers: Mapping[str, str]) -> None:
    """Send an answer; status 204 has no body and says nothing of one, a body in parts is as long as its headers say."""
    encoded = [*EVERYWHERE, *[(encode_name(name), value.encode()) for name, value in headers.items()]]
    if status != 204 and isinstance(body, bytes):
        encoded.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    if not isinstance(body, bytes):
        async for part in body:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body, "more_body": False})
