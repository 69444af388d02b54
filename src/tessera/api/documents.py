"""The Connector API's OpenAPI document as a file, to generate clients from. It shows no data: anyone may read."""

import hashlib
from functools import cache
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State

from tessera.api.connector.v1 import build_document

CACHING = "public, max-age=300"


@cache
def encode_document() -> tuple[bytes, str]:
    """Return the file and its entity tag; both stay as they are while the process runs."""
    body = msgspec.json.encode(build_document())
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


@get("/api/openapi/connector-v1.json", include_in_schema=False, sync_to_thread=False)
def send_connector_document(request: Request[Any, Any, State]) -> Response[bytes | None]:
    """Send the document, or word that the caller's copy is the newest."""
    body, tag = encode_document()
    headers = {"ETag": tag, "Cache-Control": CACHING, "X-Content-Type-Options": "nosniff"}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}
    if known & {tag, "*"}:
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type=MediaType.JSON, headers=headers)
