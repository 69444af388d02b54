"""One request to a token endpoint: what its answers mean, and that its words cannot do harm."""

import json
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from tests.builders.receivers import Reply, run_receiver
from tests.builders.token_servers import SECRET

from tessera.connectors.tokens import TokenGrant, client_credentials, request_token
from tessera.connectors.tokens.errors import TokenError
from tessera.platform.http import OutboundClient


@pytest.fixture
async def client() -> AsyncIterator[OutboundClient]:
    """Give a client that may call loopback."""
    opened = OutboundClient(allowed_networks=(ip_network("127.0.0.0/8"),), allow_insecure_http=True)
    yield opened
    await opened.close()


def grant(url: str) -> TokenGrant:
    """Return a token request."""
    headers, body, secrets = client_credentials("tessera", SECRET, {}, in_body=False)
    return TokenGrant(url, headers, body, secrets=secrets)


async def ask(client: OutboundClient, reply: Reply) -> TokenError:
    """Ask a server that answers like this and return the failure."""
    async with run_receiver(lambda _: reply) as receiver:
        with pytest.raises(TokenError) as raised:
            await request_token(client, grant(f"{receiver.url}/secret-path?key=1"))
    assert len(receiver.received) == 1
    assert "secret-path" not in raised.value.message
    return raised.value


@pytest.mark.parametrize(
    ("reply", "temporary", "code", "words"),
    [
        (Reply(401, body=b'{"error":"invalid_client"}'), False, "oauth_invalid_client", "client secret"),
        (Reply(400, body=b'{"error":"invalid_scope"}'), False, "oauth_invalid_scope", "Correct the scope"),
        (Reply(400, body=b'{"error":"evil\\r\\n"}'), False, "oauth_refused", "gave no token"),
        (Reply(404, body=b"<html>"), False, "oauth_refused", "Access Token URL"),
        (Reply(302, {"location": "http://127.0.0.1:1"}), False, "oauth_redirected", "never followed"),
        (Reply(200, body=b"not json"), False, "oauth_answer_invalid", "not readable as JSON"),
        (Reply(200, body=b"[" * 50_000), False, "oauth_answer_invalid", "nested too deeply"),
        (Reply(200, body=b'{"access_token":"a","token_type":"mac"}'), False, "oauth_answer_invalid", "“mac”"),
        (Reply(200, body=b"[]"), False, "oauth_answer_invalid", "not a JSON object"),
        (Reply(200, body=b""), False, "oauth_answer_invalid", "is empty"),
        (
            Reply(200, body=b'{"token":"hunter2","expiresIn":1}'),
            False,
            "oauth_answer_invalid",
            "no access_token. It has: token, expiresIn",
        ),
        (Reply(522), True, "oauth_unavailable", "522"),
        (
            Reply(200, body=b'{"access_token":"a\\r\\nX: y","token_type":"Bearer"}'),
            False,
            "oauth_answer_invalid",
            "header",
        ),
        (
            Reply(200, body=b'{"access_token":"a","token_type":"Bearer","expires_in":0}'),
            False,
            "oauth_answer_invalid",
            "seconds to come",
        ),
        (Reply(503), True, "oauth_unavailable", "503"),
        (Reply(429, {"retry-after": "7"}), True, "oauth_unavailable", "429"),
        (Reply(reset=True), True, "oauth_unavailable", "gave no answer"),
    ],
)
async def test_server_that_gives_no_token(
    client: OutboundClient, reply: Reply, temporary: bool, code: str, words: str
) -> None:
    error = await ask(client, reply)
    assert (error.temporary, error.reason) == (temporary, code)
    assert words in error.message


@pytest.mark.parametrize("kind", [{}, {"token_type": None}, {"token_type": ""}, {"token_type": "BearerToken"}])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order mark"])
async def test_token_without_a_proper_type_is_a_bearer_token(
    client: OutboundClient, kind: dict[str, str | None], mark: bytes
) -> None:
    answer = Reply(body=mark + json.dumps({"access_token": "abc", "expires_in": "60", **kind}).encode())
    async with run_receiver(lambda _: answer) as receiver:
        fetched = await request_token(client, grant(receiver.url))
    assert (fetched.text, fetched.lifetime_seconds) == ("abc", 60)


async def test_servers_words_are_told_without_secrets(client: OutboundClient) -> None:
    said = {"error": "invalid_client", "error_description": f"no such secret {SECRET}\r\nX"}
    error = await ask(client, Reply(400, body=json.dumps(said).encode()))
    assert "no such secret ***" in error.message
    assert error.message.isprintable()


async def test_forbidden_address_is_a_fault_of_the_profile() -> None:
    strict = OutboundClient(allow_insecure_http=True)
    with pytest.raises(TokenError) as raised:
        await request_token(strict, grant("http://localhost:1/token"))
    await strict.close()
    assert (raised.value.temporary, raised.value.reason) == (False, "address_refused")


def test_client_stands_in_one_place_and_is_encoded_first() -> None:
    headers, body, _ = client_credentials("a:b c", "d&e", {"scope": "x", "audience": ""}, in_body=False)
    assert dict(headers)["Authorization"] == "Basic YSUzQWIrYzpkJTI2ZQ=="
    assert body == b"grant_type=client_credentials&scope=x"
    headers, body, _ = client_credentials("a:b c", "d&e", {}, in_body=True)
    assert "Authorization" not in dict(headers)
    assert body == b"grant_type=client_credentials&client_id=a%3Ab+c&client_secret=d%26e"
