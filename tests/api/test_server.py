"""The Connector API behind the real server: what the in-process requests leave open."""

import asyncio

import msgspec

from .conftest import Api


async def ask(port: int, method: str, path: str, body: bytes, *headers: str) -> tuple[int, dict[str, str], bytes]:
    """Send one request as raw bytes and return status, headers and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Connection: close", *headers]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    first, *found = head.decode().split("\r\n")
    return int(first.split(" ")[1]), dict(line.lower().split(": ", 1) for line in found), rest


async def test_real_requests_are_answered(api: Api, port: int) -> None:
    path = "/api/connector/v1/loyaltyPrograms/getAll"
    body = msgspec.json.encode({"ClientToken": api.client_token, "AccessToken": api.access_token, "Client": "x"})
    status, headers, answer = await ask(port, "POST", path, body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert msgspec.json.decode(answer) == {"LoyaltyPrograms": [], "Cursor": None}
    assert headers["request-id"]

    assert (await ask(port, "POST", f"{path}?a=b", body))[0] == 200
    status, headers, answer = await ask(port, "POST", path, body, "Prefer: return=minimal")
    assert (status, answer) == (204, b"")
    assert "content-type" not in headers


async def test_real_paths_are_matched_exactly(api: Api, port: int) -> None:
    body = msgspec.json.encode({"ClientToken": api.client_token, "AccessToken": api.access_token})
    for method, path in (
        ("GET", "/api/connector/v1/loyaltyPrograms/getAll"),
        ("POST", "/api/connector/v1/loyaltyPrograms/getAll/"),
        ("POST", "/api/connector/v1//loyaltyPrograms/getAll"),
        ("POST", "//api/connector/v1/loyaltyPrograms/getAll"),
        ("POST", "/api/connector/v1/loyaltyPrograms/get%41ll"),
        ("POST", "/api/connector/v1/x/../loyaltyPrograms/getAll"),
    ):
        status, headers, answer = await ask(port, method, path, body)
        assert (method, path, status) == (method, path, 404)
        assert msgspec.json.decode(answer)["RequestId"] == headers["request-id"]
