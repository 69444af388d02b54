"""Every row of the table of outcomes, Retry-After in all its forms, and answers that refuse some items."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tessera.connectors.errors import UrlNotAllowedError
from tessera.outbound.calls.outcomes import can_replay, classify_error, classify_status
from tessera.outbound.calls.partial import UnreadableAnswerError, find_refused_rows
from tessera.outbound.calls.urls import UrlMaker, check_queries
from tessera.outbound.rendering import ErrorPath, PlannedRequest
from tessera.outbound.senders import OutcomeKind
from tessera.platform.http import CallErrorKind
from tessera.platform.http.retry_after import parse_retry_after

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
SUCCESS = ((200, 299),)

STATUSES = {
    OutcomeKind.OK: (200, 201, 202, 204, 299),
    OutcomeKind.PERMANENT: (
        *(100, 300, 301, 302, 303, 304, 307, 308),
        *(404, 405, 406, 409, 410, 411, 415, 402, 418, 426, 431, 451, 499),
        *(501, 505, 506, 508, 510, 511, 525, 526, 599, 600),
    ),
    OutcomeKind.SPLIT: (400, 413, 422),
    OutcomeKind.TRANSIENT: (408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529, 530),
    OutcomeKind.CREDENTIALS: (401, 403),
}


@pytest.mark.parametrize(("kind", "status"), [(kind, status) for kind, all_ in STATUSES.items() for status in all_])
def test_status_has_its_class(kind: OutcomeKind, status: int) -> None:
    verdict = classify_status(status, success=SUCCESS, rows=100)
    assert verdict.kind is kind
    assert (verdict.code == "") is (kind is OutcomeKind.OK)
    assert kind is OutcomeKind.OK or str(status) in verdict.message


@pytest.mark.parametrize("status", [400, 413, 422])
def test_single_row_is_not_split(status: int) -> None:
    assert classify_status(status, success=SUCCESS, rows=1).kind is OutcomeKind.PERMANENT


def test_success_list_decides_first() -> None:
    assert classify_status(404, success=((200, 204), (404, 404)), rows=1).kind is OutcomeKind.OK
    assert classify_status(205, success=((200, 204),), rows=1).kind is OutcomeKind.PERMANENT


@pytest.mark.parametrize(
    ("kind", "replayable", "expected", "code"),
    [
        (CallErrorKind.NOT_SENT, False, OutcomeKind.TRANSIENT, "not_sent"),
        (CallErrorKind.NOT_SENT, True, OutcomeKind.TRANSIENT, "not_sent"),
        (CallErrorKind.CERTIFICATE, True, OutcomeKind.CONFIGURATION, "certificate_untrusted"),
        (CallErrorKind.REFUSED_ADDRESS, True, OutcomeKind.CONFIGURATION, "address_refused"),
        (CallErrorKind.INVALID_URL, True, OutcomeKind.CONFIGURATION, "url_not_allowed"),
        (CallErrorKind.INVALID_REQUEST, True, OutcomeKind.PERMANENT, "request_invalid"),
        (CallErrorKind.UNKNOWN, True, OutcomeKind.REPLAY, "outcome_unknown"),
        (CallErrorKind.UNKNOWN, False, OutcomeKind.UNKNOWN, "outcome_unknown"),
    ],
)
def test_error_has_its_class(kind: CallErrorKind, replayable: bool, expected: OutcomeKind, code: str) -> None:
    verdict = classify_error(kind, "why", replayable=replayable)
    assert (verdict.kind, verdict.code, verdict.message) == (expected, code, "why")


def test_every_kind_of_error_has_a_class() -> None:
    for kind in CallErrorKind:
        assert classify_error(kind, "why", replayable=False).kind in OutcomeKind


@pytest.mark.parametrize(
    ("method", "has_key", "replayable"),
    [
        ("POST", False, False),
        ("PATCH", False, False),
        ("POST", True, True),
        ("PATCH", True, True),
        ("PUT", False, True),
        ("DELETE", False, True),
        ("GET", False, True),
    ],
)
def test_replay_is_safe_for_some(method: str, has_key: bool, replayable: bool) -> None:
    assert can_replay(method, has_key=has_key) is replayable


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("9" * 30, 1e9),
        ("000000000000005", 5.0),
        ("Sat, 21 Nov 2026 07:01:30 GMT", 90.0),
        ("Saturday, 21-Nov-26 07:01:30 GMT", 90.0),
        ("Sat Nov 21 07:01:30 2026", 90.0),
        ("Sat, 21 Nov 2026 06:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", 2.0),
        ("0.2", 1.0),
        ("7.0", 7.0),
        ("00000000001.5", 2.0),
        ("1.", None),
        (".5", None),
        ("1,5", None),
        ("soon", None),
        ("٣", None),
        ("2026-11-21T07:01:30Z", None),
        ("Sat, 41 Nov 2026 07:01:30 GMT", None),
        ("Sat, 21 Foo 2026 07:01:30 GMT", None),
        ("Sat, 21 Nov 2026", None),
    ],
)
def test_retry_after_is_read_or_ignored(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


def planned(rows: int, keys: tuple[str, ...] | None = None) -> PlannedRequest:
    """Return a request of so many rows."""
    return PlannedRequest(0, tuple(range(1, rows + 1)), "POST", "", (), b"", None, keys)


@pytest.mark.parametrize(
    ("path", "answer", "refused"),
    [
        (ErrorPath("/errors", index="/i", message="/m"), {"errors": [{"i": 2, "m": "bad"}]}, [(2, "bad")]),
        (ErrorPath("/errors", index=""), {"errors": [1, 0]}, [0, 1]),
        (ErrorPath("", index="/i"), [{"i": 0}, {"i": "2"}, {"i": 0}], [0, 2]),
        (ErrorPath("/a~1b/0", index="/i"), {"a/b": [[{"i": 1}]]}, [1]),
        (
            ErrorPath("/errors", key="/id", column="id", message="/m"),
            {"errors": [{"id": "k2", "m": {"x": 1}}]},
            [(1, '{"x":1}')],
        ),
        (ErrorPath("/errors", key="", column="id"), {"errors": ["k3", "k1"]}, [0, 2]),
        (ErrorPath("/errors", index="/i"), {"errors": []}, []),
        (ErrorPath("/errors", index="/i"), {"errors": None}, []),
        (ErrorPath("/errors", index="/i"), {"errors": False}, []),
        (ErrorPath("/errors", index="/i"), {}, []),
        (ErrorPath("/errors/7", index="/i"), {"errors": []}, []),
    ],
)
def test_answer_names_refused_rows(path: ErrorPath, answer: Any, refused: list[Any]) -> None:
    found = find_refused_rows(msgspec.json.encode(answer), path, planned(3, ("k1", "k2", "k3")))
    assert [row if isinstance(row, tuple) else (row, found[at][1]) for at, row in enumerate(refused)] == found
    assert all(reason for _, reason in found)


def test_number_keys_match_as_text() -> None:
    path = ErrorPath("", key="/id", column="id")
    assert [at for at, _ in find_refused_rows(b'[{"id": 12}]', path, planned(2, ("11", "12")))] == [1]
    answer = b'[{"id": 1.50}, {"id": 0.12345678901234567890}]'
    keys = ("0.12345678901234567890", "1.50")
    assert [at for at, _ in find_refused_rows(answer, path, planned(2, keys))] == [0, 1]


def test_long_reason_is_cut() -> None:
    answer = msgspec.json.encode([{"i": 0, "m": "x" * 5000}])
    ((_, reason),) = find_refused_rows(answer, ErrorPath("", index="/i", message="/m"), planned(1))
    assert len(reason) == 500


def test_empty_answer_refuses_nothing() -> None:
    assert find_refused_rows(b" ", ErrorPath("/errors", index="/i"), planned(1)) == []


def test_byte_order_mark_hides_no_refused_row() -> None:
    answer = b"\xef\xbb\xbf" + msgspec.json.encode([{"i": 1, "m": "bad"}])
    assert find_refused_rows(answer, ErrorPath("", index="/i", message="/m"), planned(2)) == [(1, "bad")]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"{", "not readable"),
        (b"<html>", "not readable"),
        (b'[{"i": 1e-99999999999999999999}]', "not readable"),
        (b"\xff", "not readable"),
        (b"\xff\xfe{\x00}\x00", "not readable"),
        (b"[" * 100_000, "nested"),
        (b'{"errors": {"i": 1}}', "no list at /errors"),
        (b'{"errors": "all of them"}', "no list at /errors"),
        (b'{"errors": [{"i": 0}, {"i": 9}]}', "number 2 of them names no row"),
        (b'{"errors": [{"i": -1}]}', "names no row"),
        (b'{"errors": [{"i": true}]}', "names no row"),
        (b'{"errors": [{}]}', "names no row"),
        (b'{"errors": [5]}', "names no row"),
    ],
)
def test_unreadable_answer_says_why(answer: bytes, why: str) -> None:
    with pytest.raises(UnreadableAnswerError, match=why):
        find_refused_rows(answer, ErrorPath("/errors", index="/i"), planned(1))


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://x.example/v1", "members", "https://x.example/v1/members"),
        ("https://x.example/v1///", "///members/", "https://x.example/v1/members/"),
        ("https://x.example/v1/", "", "https://x.example/v1/"),
        ("https://x.example", "/m?a=1", "https://x.example/m?a=1"),
        ("https://x.example/v1?k=1", "m", "https://x.example/v1/m?k=1"),
        ("https://x.example/v1?k=1", "", "https://x.example/v1?k=1"),
        ("https://x.example/v1", "?a=1", "https://x.example/v1?a=1"),
    ],
)
def test_url_is_joined(base: str, path: str, url: str) -> None:
    assert UrlMaker(base).make(path) == url


def test_two_query_strings_are_refused() -> None:
    check_queries("https://x.example/?a=1", "m")
    with pytest.raises(UrlNotAllowedError):
        check_queries("https://x.example/?a=1", "m?b=1")
