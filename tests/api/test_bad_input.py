"""Two hundred bodies and more that nobody should send: refused in the contract's words, and nothing is stored."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from .conftest import Api

MEGABYTE = 1024 * 1024
LARGEST = 8 * MEGABYTE
SLOWEST_SECONDS = 5
UNREADABLE, NO_OBJECT = (400, "Invalid JSON."), (400, "Invalid body.")
UNKNOWN = (401, "Invalid ClientToken or AccessToken.")
TOO_LARGE = (413, "The request is too large. Send at most 8 MB.")

MEMBERS, CHANGES = "loyaltyMemberships/add", "loyaltyMemberships/update"
PROGRAMS, TIERS, CUSTOMERS = "loyaltyPrograms/add", "loyaltyTiers/add", "customers/add"
LISTS = "loyaltyMemberships/getAll"
SOME_ID = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"


@dataclass(frozen=True)
class Bad:
    """A body by its address, and what it is answered; `<…>` stands for the server's tokens and ids."""

    name: str
    address: str
    body: bytes
    status: int
    message: str


def whole(inner: str, *, tokens: str = '"ClientToken":"<client>","AccessToken":"<access>","Client":"Tests"') -> bytes:
    """Return a body with credentials and these members."""
    return f"{{{tokens},{inner}}}".encode()


def member(text: str, *, last: str = "") -> bytes:
    """Return the body that adds a membership with one more property, and maybe members after the list."""
    return whole(f'"LoyaltyMemberships":[{{"AccountId":"<account>","LoyaltyProgramId":"<program>",{text}}}]{last}')


def change(text: str) -> bytes:
    """Return the body that changes a membership."""
    return whole(f'"LoyaltyMembershipUpdates":[{{"LoyaltyMembershipId":"<membership>",{text}}}]')


GOOD = member('"IsPrimary":true,"MembershipNumber":"4810 ü","Points":12,"Url":null')
# Cut inside tokens, between members, inside a list, a number, a word and a letter of two bytes.
CUTS = range(1, len(GOOD), 9)
BROKEN = {
    "nothing": b"",
    "blanks": b" \t\r\n ",
    "a word": b"nonsense",
    "a form": b"ClientToken=x&AccessToken=y",
    "markup": b"<?xml version='1.0'?><ClientToken/>",
    "a packed body": gzip.compress(GOOD),
    "single quotes": b"{'ClientToken':'x'}",
    "a bare name": b'{ClientToken:"x"}',
    "no colon": b'{"ClientToken" "x"}',
    "a trailing comma": whole('"Points":1,'),
    "a trailing comma in a list": whole('"LoyaltyMemberships":[1,]'),
    "a doubled comma": whole('"Points":1,,"Url":null'),
    "a comment": whole('"Points":1/* one */'),
    "a comment at the end": GOOD + b"// done",
    "a second body": GOOD + GOOD,
    "a bracket too many": GOOD + b"}",
    "wrong bracket": whole('"LoyaltyMemberships":[}'),
    "NaN": member('"Points":NaN'),
    "infinity": member('"Points":Infinity'),
    "minus infinity": member('"Points":-Infinity'),
    "undefined": member('"Points":undefined'),
    "a leading zero": member('"Points":01'),
    "a plus": member('"Points":+1'),
    "no whole part": member('"Points":.5'),
    "no fraction": member('"Points":1.'),
    "no exponent": member('"Points":1e'),
    "a number of base 16": member('"Points":0x10'),
    "a number with bars": member('"Points":1_000'),
    "True": member('"IsPrimary":True'),
    "a raw line break": member('"Url":"a\nb"'),
    "a raw tab": member('"Url":"a\tb"'),
    "a raw zero": member('"Url":"a\0b"'),
    "an unknown escape": member(r'"Url":"\x41"'),
    "a short escape": member(r'"Url":"\u12"'),
    "an escape without figures": member(r'"Url":"\uZZZZ"'),
    "half a pair": member(r'"Url":"\ud83d"'),
    "the other half": member(r'"Url":"\ude00"'),
    "a pair the wrong way": member(r'"Url":"\ude00\ud83d"'),
    "a half in a name": member(r'"\ud800":1'),
    "a half in a token": whole('"Client":null', tokens=r'"ClientToken":"\ud800","AccessToken":"<access>"'),
    "latin-1": GOOD.decode().encode("latin-1"),
    "cp1252": member('"Url":"10 €"').decode().encode("cp1252"),
    "utf-16": GOOD.decode().encode("utf-16"),
    "utf-16 without a mark": GOOD.decode().encode("utf-16-le"),
    "utf-16 the other way": GOOD.decode().encode("utf-16-be"),
    "utf-32": GOOD.decode().encode("utf-32"),
    "two marks": b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD,
    "a mark inside": GOOD[:1] + b"\xef\xbb\xbf" + GOOD[1:],
    "an overlong letter": member('"Url":"§"').replace("§".encode(), b"\xc0\xaf"),
    "a half pair in bytes": member('"Url":"§"').replace("§".encode(), b"\xed\xa0\x80"),
    "a letter beyond the last": member('"Url":"§"').replace("§".encode(), b"\xf5\x80\x80\x80"),
    "a letter cut short": member('"Url":"§"').replace("§".encode(), b"\xe2\x82"),
    "a stray byte": member('"Url":"§"').replace("§".encode(), b"\x80"),
    "bytes after the end": GOOD + b"\xff",
    "a zero after the end": GOOD + b"\0",
    "deep lists": b"[" * 100_000,
    "deep lists, closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "depth in an unknown member": whole('"Unknown":' + "[" * 5_000 + "]" * 5_000),
    "depth in a known member": member('"Points":' + "[" * 5_000 + "]" * 5_000),
    "depth in a token": whole('"Client":null', tokens='"ClientToken":' + '{"a":' * 5_000 + "1" + "}" * 5_000),
}
NO_OBJECTS = (b"[]", b"[{}]", b'"text"', b"1", b"-0", b"1e5", b"null", b"true", b"false", b'[{"ClientToken":"x"}]')
STRANGERS = {
    "no members": "{}",
    "no access token": '{"ClientToken":"<client>"}',
    "no client token": '{"AccessToken":"<access>"}',
    "null": '{"ClientToken":null,"AccessToken":"<access>"}',
    "empty": '{"ClientToken":"","AccessToken":"<access>"}',
    "a number": '{"ClientToken":1,"AccessToken":"<access>"}',
    "a list": '{"ClientToken":["<client>"],"AccessToken":"<access>"}',
    "an object": '{"ClientToken":{"Value":"<client>"},"AccessToken":"<access>"}',
    "exchanged": '{"ClientToken":"<access>","AccessToken":"<client>"}',
    "small letters in the names": '{"clienttoken":"<client>","accesstoken":"<access>"}',
    "a blank around": '{"ClientToken":" <client>","AccessToken":"<access> "}',
    "a zero inside": r'{"ClientToken":"<client>\u0000","AccessToken":"<access>"}',
    "another alphabet": '{"ClientToken":"ключ","AccessToken":"鍵"}',
    "a megabyte": '{"ClientToken":"' + "A" * MEGABYTE + '","AccessToken":"<access>"}',
    "the wrong one last": '{"ClientToken":"<client>","AccessToken":"<access>","AccessToken":"x"}',
}
# Numbers that are whole only once a float has rounded them.
INEXACT = ("1e-400", "-1e-400", "42.00000000000000000001", "41." + "9" * 30, "1e-" + "9" * 30)
WRONG: dict[str, tuple[str, ...]] = {
    "AccountId": ("null", "1", "true", '""', '"x"', '"<program>x"', '"{<account>}"', "[]", "{}", '["<account>"]'),
    "LoyaltyProgramId": ("null", "1.5", '"ä"', r'"\ud83d\ude00"', '{"Value":"<program>"}'),
    "IsPrimary": ('"true"', "1", "0", "[]", '{"Value":true}'),
    "State": ('"enrolled"', '"ENROLLED"', '"Enrolled "', '""', "1", "true", "[]", '{"Value":"New"}'),
    "MembershipNumber": ("1", "true", "[]", "{}", '"' + "n" * 256 + '"', '"' + "ü" * 256 + '"', r'"\u0000"'),
    "ProviderMembershipId": ("1", "[]", '"' + "p" * 101 + '"', r'"a\u0000b"'),
    "Points": ('"1"', '""', "true", "[]", "{}", "1.5", "-0.5", "1e-5", "2147483648", "-2147483649", "1e10", *INEXACT),
    "ExpirationDate": ("1", "true", "[]", '"soon"', '"2026-02-30"', '"2026-13-01T00:00:00Z"', '"01.02.2026"', '" "'),
    "Url": ("1", "false", "[]", "{}", r'"https://a\u0000b"'),
    "LoyaltyTierId": ('""', '"gold"', "1", "[]", "{}"),
}
HUGE = {
    "an exponent of 400": "1e400",
    "an exponent below all": "-1e400",
    "an exponent of many figures": "1e" + "9" * 400,
    "a hundred figures": "1" * 100,
    "five thousand figures": "1" * 5_000,
    "a million figures": "1" * MEGABYTE,
    "figures after the point": "1." + "1" * 5_000,
    "the first beyond 64 bits": "18446744073709551616",
    "the first beyond 63 bits": "9223372036854775808",
    "the last below": "-9223372036854775809",
}
# By the way to what is at fault: the property, or the value in its wrapper.
CHANGED = {
    "LoyaltyProgramId": ('{"Value":null}', "{}", "1", "[]"),
    "LoyaltyProgramId.Value": ('{"Value":1}', '{"Value":"x"}', '{"Value":{}}'),
    "State": ('{"Value":null}', "{}", "true", '"Gone"'),
    "State.Value": ('{"Value":"Gone"}', '{"Value":1}', '{"Value":"new"}'),
    "IsPrimary": ('{"Value":null}', "{}", '"true"', "0"),
    "IsPrimary.Value": ('{"Value":"yes"}', '{"Value":1}'),
    "MembershipNumber": ("1", "[]", '"' + "n" * 256 + '"'),
    "MembershipNumber.Value": ('{"Value":1}', '{"Value":"' + "n" * 256 + '"}', r'{"Value":"\u0000"}'),
    "Points": (
        '{"Value":1.5}',
        '{"Value":2147483648}',
        '"1"',
        "true",
        '{"value":510}',
        *(f'{{"Value":{number}}}' for number in INEXACT),
    ),
    "Points.Value": ('{"Value":"1"}', '{"Value":1e400}', '{"Value":{"Value":1}}', '{"Value":[]}'),
    "ExpirationDate": ('{"Value":"soon"}', "true", "[]"),
    "ExpirationDate.Value": ('{"Value":1}', '{"Value":{}}'),
}
LIMITS = (
    (LISTS, '"Limitation":{"Count":0}', "Limitation.Count"),
    (LISTS, '"Limitation":{"Count":1001}', "Limitation.Count"),
    (LISTS, '"Limitation":{"Count":1e400}', "Limitation.Count"),
    (LISTS, '"Limitation":{"Count":null}', "Limitation.Count"),
    (LISTS, '"Limitation":{}', "Limitation.Count"),
    (LISTS, '"Limitation":[]', "Limitation"),
    (LISTS, '"Limitation":{"Count":1,"Cursor":"x"}', "Limitation.Cursor"),
    (LISTS, '"Limitation":{"Count":1,"Cursor":"' + SOME_ID + '"}', "Cursor"),
    (LISTS, '"AccountIds":[]', "AccountIds"),
    (LISTS, '"AccountIds":[' + ",".join([f'"{SOME_ID}"'] * 1001) + "]", "AccountIds"),
    (LISTS, '"AccountIds":["<account>","x"]', "AccountIds[1]"),
    (LISTS, '"AccountIds":"<account>"', "AccountIds"),
    (LISTS, '"AccountIds":{"0":"<account>"}', "AccountIds"),
    (LISTS, '"MembershipNumbers":[null]', "MembershipNumbers[0]"),
    (LISTS, r'"MembershipNumbers":["a\u0000"]', "MembershipNumbers[0]"),
    (LISTS, '"MembershipStates":["Gone"]', "MembershipStates[0]"),
    (LISTS, '"ActivityStates":["Active",null]', "ActivityStates[1]"),
    (LISTS, '"UpdatedUtc":"2026-05-01"', "UpdatedUtc"),
    (LISTS, '"UpdatedUtc":{}', "StartUtc"),
    (LISTS, '"UpdatedUtc":{"StartUtc":"2026-05-01T00:00:00Z"}', "EndUtc"),
    (LISTS, '"UpdatedUtc":{"StartUtc":"2026-05-02","EndUtc":"2026-05-01"}', "EndUtc"),
    (LISTS, '"UpdatedUtc":{"StartUtc":"0000-01-01","EndUtc":"2026-05-01"}', "StartUtc"),
    (LISTS, '"UpdatedUtc":{"StartUtc":"0001-01-01T00:00:00+23:59","EndUtc":"0001-01-02"}', "StartUtc"),
    (LISTS, '"UpdatedUtc":{"StartUtc":"9999-12-31T23:59:59-23:59","EndUtc":"9999-12-31"}', "StartUtc"),
    (LISTS, '"UpdatedUtc":{"StartUtc":"２０２６-05-01","EndUtc":"2026-05-02"}', "StartUtc"),
    (LISTS, '"ChainIds":["' + SOME_ID + '"]', "ChainIds"),
    (MEMBERS, '"LoyaltyMemberships":[]', "LoyaltyMemberships"),
    (MEMBERS, '"LoyaltyMemberships":null', "LoyaltyMemberships"),
    (MEMBERS, '"LoyaltyMemberships":{}', "LoyaltyMemberships"),
    (MEMBERS, '"LoyaltyMemberships":[null]', "LoyaltyMemberships[0]"),
    (MEMBERS, '"LoyaltyMemberships":[[]]', "LoyaltyMemberships[0]"),
    (MEMBERS, '"LoyaltyMemberships":[{}]', "LoyaltyMemberships[0].AccountId"),
    (MEMBERS, '"LoyaltyMemberships":[' + ",".join(["{}"] * 1001) + "]", "LoyaltyMemberships[0].AccountId"),
    (MEMBERS, '"Memberships":[]', "LoyaltyMemberships"),
    (CHANGES, '"LoyaltyMembershipUpdates":[{}]', "LoyaltyMembershipUpdates[0].LoyaltyMembershipId"),
    (CHANGES, '"LoyaltyMembershipUpdates":["<membership>"]', "LoyaltyMembershipUpdates[0]"),
    (PROGRAMS, '"LoyaltyPrograms":[{"Name":"","Code":"A"}]', "LoyaltyPrograms[0].Name"),
    (PROGRAMS, '"LoyaltyPrograms":[{"Name":"' + "n" * 101 + '","Code":"A"}]', "LoyaltyPrograms[0].Name"),
    (PROGRAMS, '"LoyaltyPrograms":[{"Name":"A","Code":"' + "c" * 51 + '"}]', "LoyaltyPrograms[0].Code"),
    (PROGRAMS, '"LoyaltyPrograms":[{"Name":"A","Code":"A"},{"Name":"B"}]', "LoyaltyPrograms[1].Code"),
    (PROGRAMS, '"LoyaltyPrograms":[{"Name":"A","Code":"A","Type":"hotel"}]', "LoyaltyPrograms[0].Type"),
    (PROGRAMS, '"LoyaltyPrograms":[{"Name":"A","Code":"A","Subscription":0}]', "LoyaltyPrograms[0].Subscription"),
    (PROGRAMS, r'"LoyaltyPrograms":[{"Name":"A\u0000","Code":"A"}]', "LoyaltyPrograms[0].Name"),
    (TIERS, '"LoyaltyTiers":[{"LoyaltyProgramId":"<program>","Name":"A","Code":"A"}]', "LoyaltyTiers[0].Ordering"),
    (
        TIERS,
        '"LoyaltyTiers":[{"LoyaltyProgramId":"<program>","Name":"A","Code":"A","Ordering":1e400}]',
        "LoyaltyTiers[0].Ordering",
    ),
    (CUSTOMERS, '"LastName":""', "LastName"),
    (CUSTOMERS, '"LastName":null', "LastName"),
    (CUSTOMERS, '"FirstName":"A"', "LastName"),
    (CUSTOMERS, '"LastName":"A","Title":"Sir"', "Title"),
    (CUSTOMERS, '"LastName":"A","BirthDate":"1985-02-30"', "BirthDate"),
    (CUSTOMERS, '"LastName":"A","Address":"here"', "Address"),
    (CUSTOMERS, '"LastName":"A","Address":{"City":1}', "Address.City"),
    (CUSTOMERS, '"LastName":"A","Classifications":["Nice"]', "Classifications[0]"),
    (CUSTOMERS, r'"LastName":"A","Address":{"City":"\u0000"}', "Address.City"),
)


def list_bad() -> Iterator[Bad]:
    """Yield every body."""
    yield from (Bad(f"cut after {size}", MEMBERS, GOOD[:size], *UNREADABLE) for size in CUTS)
    yield from (Bad(name, MEMBERS, body, *UNREADABLE) for name, body in BROKEN.items())
    yield from (Bad(f"only {body.decode()}", LISTS, body, *NO_OBJECT) for body in NO_OBJECTS)
    yield from (Bad(f"credentials: {name}", LISTS, body.encode(), *UNKNOWN) for name, body in STRANGERS.items())
    for key, values in WRONG.items():
        for value in values:
            body = member(f'"{key}":{value}')
            yield Bad(f"{key} {value[:24]}", MEMBERS, body, 400, f"Invalid LoyaltyMemberships[0].{key}.")
    for name, number in HUGE.items():
        body = member(f'"Points":{number}')
        yield Bad(f"Points of {name}", MEMBERS, body, 400, "Invalid LoyaltyMemberships[0].Points.")
    for way, values in CHANGED.items():
        for value in values:
            body = change(f'"{way.partition(".")[0]}":{value}')
            yield Bad(
                f"change of {way} {value[:24]}", CHANGES, body, 400, f"Invalid LoyaltyMembershipUpdates[0].{way}."
            )
    for address, text, path in LIMITS:
        yield Bad(f"{address} {text[:40]}", address, whole(text), 400, f"Invalid {path}.")
    for name, size in {"a byte too many": LARGEST + 1, "nine megabytes": 9 * MEGABYTE}.items():
        yield Bad(name, MEMBERS, GOOD + b" " * (size - len(GOOD)), *TOO_LARGE)


@dataclass
class Door:
    """A server with a program, a membership and an account without one."""

    api: Api
    ids: dict[str, str]

    def fill(self, body: bytes) -> bytes:
        """Return the body with this server's tokens and ids."""
        for name, value in self.ids.items():
            body = body.replace(f"<{name}>".encode(), value.encode())
        return body


@pytest.fixture
async def door(api: Api) -> Door:
    program = await api.add_program()
    (made,) = await api.add_memberships({"AccountId": api.account_ids[0], "LoyaltyProgramId": program, "Points": 7})
    ids = {"client": api.client_token, "access": api.access_token, "program": program, "membership": made["Id"]}
    return Door(api, {**ids, "account": api.account_ids[1]})


def count_rows(address: str) -> dict[str, int]:
    """Return the number of rows of every table of ours."""
    listing = (
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('tessera', 'procrastinate')"
    )
    with psycopg.connect(address) as connection:
        names = [name for (name,) in connection.execute(listing)]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # type: ignore[index]


def test_there_are_two_hundred() -> None:
    bodies = list(list_bad())

    assert len(bodies) >= 200
    assert len({(bad.address, bad.body) for bad in bodies}) == len(bodies)


@pytest.mark.parametrize("chunks", [1, 5])
async def test_bad_bodies_are_refused_and_leave_nothing(door: Door, admin_address: str, chunks: int) -> None:
    before = count_rows(admin_address)
    found, wanted = [], []
    for bad in list_bad():
        async with asyncio.timeout(SLOWEST_SECONDS):
            reply = await door.api.send(bad.address, door.fill(bad.body), chunks=chunks)
        found.append((bad.name, reply.status, reply.data.get("Message", "nothing refused")))
        wanted.append((bad.name, bad.status, bad.message))
        assert reply.headers["content-type"] == "application/json"
        assert reply.data["RequestId"] == reply.headers["request-id"]

    assert [pair for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]] == []
    assert count_rows(admin_address) == before


CONTENT_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "a/b; charset=utf-16",
)


@pytest.mark.parametrize("kind", CONTENT_TYPES)
async def test_content_type_changes_nothing(door: Door, kind: str) -> None:
    good, bad = whole('"Limitation":{"Count":1}'), whole('"Limitation":{"Count":0}')

    assert (await door.api.send(LISTS, door.fill(good), headers={"Content-Type": kind})).status == 200
    reply = await door.api.send(LISTS, door.fill(bad), headers={"Content-Type": kind})
    assert (reply.status, reply.message) == (400, "Invalid Limitation.Count.")


ODD = (
    ('"Points":-0', "Points", 0),
    ('"Points":-0.0', "Points", 0),
    ('"Points":1.2e3', "Points", 1200),
    ('"Points":2147483647.0', "Points", 2147483647),
    ('"Points":42.0000000000000000000000', "Points", 42),
    ('"Points":1,"Points":2', "Points", 2),
    ('"Points":1,"Unknown":1e-400', "Points", 1),
    ('"Url":"a","Url":"https://a.example"', "Url", "https://a.example"),
    ('"MembershipNumber":"Ωmega 會員 🏨"', "MembershipNumber", "Ωmega 會員 🏨"),
    (r'"MembershipNumber":"\ud83c\udfe8"', "MembershipNumber", "🏨"),
    (r'"MembershipNumber":"\\u0000"', "MembershipNumber", r"\u0000"),
    ('"Имя":"ignored","MembershipNumber":"1"', "MembershipNumber", "1"),
)


@pytest.mark.parametrize(("text", "key", "value"), ODD)
async def test_odd_but_right_bodies_are_taken(door: Door, text: str, key: str, value: Any) -> None:
    for body in (member(text), b"\xef\xbb\xbf \r\n" + member(text) + b"\n\t "):
        reply = await door.api.send(MEMBERS, door.fill(body))
        assert reply.status == 200, reply.body
        (item,) = reply.data["LoyaltyMemberships"]
        assert item[key] == value
        await door.api.good("loyaltyMemberships/delete", LoyaltyMembershipIds=[item["Id"]])


async def test_thousand_and_one_are_refused_whole(door: Door, admin_address: str) -> None:
    before = count_rows(admin_address)
    items = [{"Name": "A", "Code": f"C{number}"} for number in range(1001)]
    body = json.loads(door.fill(whole('"LoyaltyPrograms":[]')))
    reply = await door.api.send(PROGRAMS, json.dumps({**body, "LoyaltyPrograms": items}).encode())

    assert (reply.status, reply.message) == (400, "Invalid LoyaltyPrograms.")
    assert count_rows(admin_address) == before


async def test_request_that_takes_too_long_is_refused(door: Door, admin_address: str) -> None:
    await door.api.database.close()
    door.api.database.statement_milliseconds = 200
    with psycopg.connect(admin_address) as other:
        other.execute("LOCK TABLE tessera.programs")
        read = await door.api.call("loyaltyPrograms/getAll")
        written = await door.api.call(PROGRAMS, LoyaltyPrograms=[{"Name": "A", "Code": "A"}])

    assert [reply.status for reply in (read, written)] == [408, 408]
    assert read.message == "This is too heavy: the database took too long over it. Ask for less at once."
    assert (await door.api.call("loyaltyPrograms/getAll")).status == 200
