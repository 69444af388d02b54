import json
import socket
from collections.abc import Iterator
from uuid import uuid4

import pytest
from benchmarks.processes import Receiver, started_receiver
from benchmarks.receiver import HOST, join_chunks


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with started_receiver(delay=0) as running:
        yield running


def exchange(receiver: Receiver, *parts: bytes) -> bytes:
    with socket.create_connection((HOST, receiver.port), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
        return connection.recv(4096)


def make_head(receiver: Receiver, *more: str) -> bytes:
    lines = ["POST /members HTTP/1.1", "Host: here", f"Authorization: Bearer {receiver.token}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def test_rows_are_counted_and_proven(receiver: Receiver) -> None:
    before, distinct = receiver.counts(), receiver.proof()["distinct"]
    first, second = str(uuid4()), str(uuid4())
    body = json.dumps({"members": [{"id": first}, {"id": second}, {"id": first, "note": '"id"'}]}).encode()
    assert exchange(receiver, make_head(receiver, f"Content-Length: {len(body)}"), body[:30], body[30:]).startswith(
        b"HTTP/1.1 200 OK"
    )
    after = receiver.counts()
    assert after["rows"] - before["rows"] == 3
    assert after["requests"] - before["requests"] == 1
    assert receiver.proof()["distinct"] - distinct == 2


def test_chunked_body_is_joined(receiver: Receiver) -> None:
    before = receiver.counts()["rows"]
    half, rest = f'[{{"id":"{uuid4()}"'.encode(), b"}]"
    body = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(half), half, len(rest), rest)
    assert b"200 OK" in exchange(receiver, make_head(receiver, "Transfer-Encoding: chunked") + body)
    assert receiver.counts()["rows"] == before + 1


def test_wrong_token_is_refused(receiver: Receiver) -> None:
    before = receiver.counts()
    stranger = Receiver(receiver.port, "wrong")
    assert b"401" in exchange(receiver, make_head(stranger, "Content-Length: 0"))
    after = receiver.counts()
    assert (after["refused"], after["requests"]) == (before["refused"] + 1, before["requests"])


def test_token_is_given_to_whoever_asks(receiver: Receiver) -> None:
    before = receiver.counts()["tokens"]
    answer = exchange(receiver, b"POST /token HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    given = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert given == {"access_token": receiver.token, "token_type": "Bearer", "expires_in": 2}
    assert receiver.counts()["tokens"] == before + 1


@pytest.mark.parametrize("arrived", [b"", b"5", b"5\r\nhel", b"5\r\nhello\r\n", b"5\r\nhello\r\n0\r\n"])
def test_unfinished_chunks_wait(arrived: bytes) -> None:
    assert join_chunks(bytearray(arrived), 0) is None


def test_finished_chunks_end_where_they_end() -> None:
    whole = b"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n"
    assert join_chunks(bytearray(whole + b"POST /next"), 0) == (b"hello!", len(whole))
