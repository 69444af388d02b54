"""What messages make of members: registered once, changed in order, never by an older message."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from tests.builders.mparticle import FIRST, batch, firehose

from tessera import loyalty
from tessera.loyalty import AccountMerge, NewCustomer, NewProgram
from tessera.platform.clock import now

from .conftest import MAPPING, OWNER, Inlet

ADA = {"$FirstName": "Ada", "$LastName": "Lovelace", "$City": "London", "birthday": "1815-12-10"}


@pytest.mark.parametrize("make", [firehose, batch])
async def test_sample_registers_then_updates(inlet: Inlet, make: object) -> None:
    assert callable(make)
    await inlet.deliver(make("u-1", email="ada@example.com", attributes=ADA))
    (member,) = await inlet.members()
    assert (member.external_id, member.email, member.first_name) == ("u-1", "ada@example.com", "Ada")
    assert (member.birth_date, member.address and member.address.city) == (date(1815, 12, 10), "London")
    assert member.creator_id == inlet.profile.id

    await inlet.deliver(make("u-1", at=FIRST + 1, attributes={"$FirstName": "Augusta"}))
    (member,) = await inlet.members()
    assert (member.first_name, member.last_name) == ("Augusta", "Lovelace")
    assert await inlet.states() == ["registered", "updated"]


@pytest.mark.parametrize("make", [firehose, batch])
async def test_repeated_message_changes_nothing(inlet: Inlet, make: object) -> None:
    assert callable(make)
    first = make("u-1", attributes={"$LastName": "Lovelace"})
    answers = [await inlet.post(first) for _ in range(3)]
    await inlet.work()
    await inlet.deliver(make("u-1", at=FIRST + 1, attributes={"$LastName": "King"}), first)
    assert [member.last_name for member in await inlet.members()] == ["King"]
    assert len({answer.status_code for answer in answers}) == 1
    assert await inlet.states() == ["registered", "updated"]
    assert [message.duplicates for message in await inlet.messages()] == [3, 0]


async def test_message_without_id_is_known_by_its_body(inlet: Inlet) -> None:
    document = batch("u-1", attributes={"$LastName": "Lovelace"})
    del document["batch_id"]
    await inlet.deliver(document, document)
    assert await inlet.states() == ["registered"]


async def test_older_message_never_overwrites(inlet: Inlet) -> None:
    told = [
        firehose("u-1", at=FIRST + 1, attributes={"$FirstName": "one", "code": "one"}),
        firehose("u-1", at=FIRST + 2, attributes={"$FirstName": "two", "$City": "two"}),
        firehose("u-1", at=FIRST + 3, attributes={"$FirstName": "three"}),
    ]
    for number, order in enumerate(permutations(told)):
        renamed = [
            {
                **message,
                "id": f"{message['id']}-{number}",
                "user_identities": [{"type": "customer", "value": f"p{number}"}],
            }
            for message in order
        ]
        await inlet.deliver(*renamed)
    members = await inlet.members()
    found = {(member.first_name, member.loyalty_code, member.address and member.address.city) for member in members}
    assert len(members) == 6
    assert found == {("three", "one", "two")}


async def test_moment_far_ahead_does_not_stop_later_ones(inlet: Inlet) -> None:
    ahead = int(now().timestamp() * 1000) + 400 * 86_400_000
    await inlet.deliver(firehose("u-1", at=ahead, attributes={"$FirstName": "one"}))
    later = int(now().timestamp() * 1000) + 1000
    await inlet.deliver(firehose("u-1", at=later, attributes={"$FirstName": "two"}))
    assert [member.first_name for member in await inlet.members()] == ["two"]


async def test_default_mapping_registers_by_the_identifier(plain: Inlet) -> None:
    await plain.deliver(firehose("u-1", email="ada@example.com"), batch("u-2"))
    members = await plain.members()
    assert [(member.external_id, member.last_name, member.email) for member in members] == [
        ("u-1", "u-1", None),
        ("u-2", "u-2", None),
    ]


async def test_member_looked_up_by_email_gets_its_identifier(inlet: Inlet) -> None:
    profiles = {**MAPPING["user_profiles"], "lookup_by": "email"}
    await inlet.change(user_profiles=profiles)
    async with inlet.database.session() as session:
        new = NewCustomer(last_name="Lovelace", email="Ada@Example.com")
        await loyalty.create_accounts(session, OWNER, inlet.chain_id, [new], now=now())
    await inlet.deliver(firehose("u-9", email="ada@example.com"))
    (member,) = await inlet.members()
    assert (member.external_id, member.email, member.last_name) == ("u-9", "Ada@Example.com", "Lovelace")
    assert await inlet.states() == ["updated"]


async def test_merged_member_is_found_under_its_old_identifier(inlet: Inlet) -> None:
    await inlet.deliver(firehose("u-1", attributes=ADA), firehose("u-2", attributes=ADA))
    first, second = await inlet.members()
    async with inlet.database.session() as session:
        merge = AccountMerge(kind="customer", target_id=second.id, source_ids=[first.id])
        await loyalty.merge_accounts(session, OWNER, inlet.chain_id, [merge], now=now())
    await inlet.deliver(firehose("u-1", at=FIRST + 5, attributes={"$FirstName": "Augusta"}))
    (member,) = await inlet.members()
    assert (member.id, member.external_id, member.first_name) == (second.id, "u-2", "Augusta")


async def test_new_member_joins_the_program(inlet: Inlet) -> None:
    async with inlet.database.session() as session:
        program = NewProgram(name="Harbour Circle", code="HARB")
        await loyalty.create_programs(session, OWNER, inlet.chain_id, [program], now=now())
    await inlet.change(**MAPPING, options={"program": "HARB"})
    await inlet.deliver(firehose("u-1"), firehose("u-1", at=FIRST + 1))
    assert await inlet.rows("SELECT state FROM memberships") == [{"state": "Enrolled"}]


async def test_unknown_program_rejects_and_is_mended_by_replay(inlet: Inlet) -> None:
    await inlet.change(**MAPPING, options={"program": "NONE"})
    await inlet.deliver(firehose("u-1"))
    (message,) = await inlet.messages()
    assert (message.state, message.reason) == ("rejected", "inbound_program_not_found")
    assert await inlet.members() == []


@pytest.mark.parametrize(
    ("options", "attributes", "states"),
    [
        ({"register_new": False}, {}, ["ignored", "ignored"]),
        ({"update_existing": False}, {}, ["registered", "ignored"]),
        ({}, {"$FirstName": ""}, ["registered", "unchanged"]),
        ({"overwrite_with_empty": True}, {"$FirstName": ""}, ["registered", "updated"]),
        ({"overwrite_with_empty": True}, {"$LastName": None, "$City": ""}, ["registered", "unchanged"]),
    ],
)
async def test_options_decide(
    inlet: Inlet, options: dict[str, bool], attributes: dict[str, object], states: list[str]
) -> None:
    await inlet.change(**MAPPING, options=options)
    await inlet.deliver(firehose("u-1", attributes=ADA), firehose("u-1", at=FIRST + 1, attributes=attributes))
    assert await inlet.states() == states
    names = [member.first_name for member in await inlet.members()]
    emptied = options.get("overwrite_with_empty") and "$FirstName" in attributes
    assert names == ([] if states[0] == "ignored" else [None if emptied else "Ada"])


async def test_development_is_dropped_unless_wanted(inlet: Inlet) -> None:
    await inlet.deliver(batch("u-1", environment="development"))
    assert await inlet.members() == []
    await inlet.change(**MAPPING, options={"accept_development": True})
    await inlet.deliver(batch("u-1", environment="development"))
    assert await inlet.states() == ["ignored", "registered"]


async def test_bad_value_is_left_out_and_the_rest_goes_on(inlet: Inlet) -> None:
    attributes = {"birthday": "soon", "$FirstName": ["Ada"], "$City": "x" * 300, "$LastName": "a\x00b", "code": 7.0}
    await inlet.deliver(firehose("u-1", email="no address", attributes=attributes))
    (member,) = await inlet.members()
    assert (member.loyalty_code, member.last_name, member.email, member.birth_date) == ("7", "u-1", None, None)
    (message,) = await inlet.messages()
    assert message.reason == "left_out"
    assert message.detail is not None
    assert all(name in message.detail for name in ("birth_date", "first_name", "address_city", "last_name", "email"))
    assert "soon" not in message.detail


async def test_message_without_lookup_value_is_rejected(inlet: Inlet) -> None:
    hashed: dict[str, Any] = {"user_identities": [{"type": "customer", "encoding": "sha256", "value": "ab" * 32}]}
    await inlet.deliver(firehose(None), firehose("  "), firehose(**hashed))
    assert {(message.state, message.reason) for message in await inlet.messages()} == {("rejected", "no_lookup_value")}
    assert "hash" in str((await inlet.messages())[2].detail)
    assert (
        await inlet.rows("SELECT name, payload->>'reason' AS reason FROM events WHERE name LIKE '%message%'")
        == [{"name": "inbound_message.rejected", "reason": "no_lookup_value"}] * 3
    )


async def test_taken_email_rejects_and_changes_nothing(inlet: Inlet) -> None:
    await inlet.deliver(firehose("u-1", email="ada@example.com"))
    await inlet.deliver(firehose("u-2", email="ada@example.com"), firehose("u-3", email="bob@example.com"))
    await inlet.deliver(firehose("u-3", email="ada@example.com", at=FIRST + 1, attributes={"$FirstName": "Bob"}))
    assert await inlet.states() == ["registered", "rejected", "registered", "rejected"]
    assert [member.first_name for member in await inlet.members()] == [None, None]


async def test_other_requests_are_answered_and_kept_but_change_nothing(inlet: Inlet) -> None:
    names = ("audience_subscription_request", "audience_membership_change_request", "dsr_processing_request")
    for name in (*names, "strange_request"):
        answer = await inlet.post({**firehose("u-1"), "type": name, "user_profiles": [{"mpid": "1"}]})
        assert answer.json()["type"] == name.replace("_request", "_response")
    await inlet.work()
    assert await inlet.members() == []
    assert {message.reason for message in await inlet.messages()} == {
        "audiences_not_kept",
        "privacy_requests_not_acted_on",
        "unknown_type",
    }


async def test_identities_go_by_any_of_their_names(inlet: Inlet) -> None:
    entries = {"customer_id": "integration_id", "other_id_2": "loyalty_code", "$firstname": "first_name"}
    await inlet.change(user_profiles={"lookup_by": "integration_id", "user_attributes": entries})
    identities = [{"type": "other2", "encoding": "raw", "value": "L-2"}, {"type": "customer", "value": "u-1"}]
    await inlet.deliver(firehose(user_identities=identities, attributes={"$FirstName": "Ada"}))
    await inlet.deliver(batch(user_identities={"customerid": "u-2", "other_id_2": "L-3"}))
    found = [(member.external_id, member.loyalty_code, member.first_name) for member in await inlet.members()]
    assert found == [("u-1", "L-2", "Ada"), ("u-2", "L-3", None)]


async def test_known_members_change_together_and_in_order(inlet: Inlet) -> None:
    await inlet.deliver(*(firehose(f"u-{number}", email=f"u{number}@example.com") for number in range(5)))
    told = [
        firehose(
            f"u-{number % 5}", at=FIRST + 10 + number, attributes={"$FirstName": str(number), "$City": str(number)}
        )
        for number in range(40)
    ]
    late = firehose("u-0", at=FIRST + 11, attributes={"$FirstName": "late", "code": "L"})
    clash = firehose("u-1", at=FIRST + 90, email="u2@example.com", attributes={"$FirstName": "clash"})
    await inlet.deliver(*told, late)
    members = await inlet.members()
    assert [member.first_name for member in members] == [str(number) for number in range(35, 40)]
    assert [member.address and member.address.city for member in members] == [str(number) for number in range(35, 40)]
    assert members[0].loyalty_code == "L"
    assert (await inlet.states()).count("updated") == 41
    for message in (clash, firehose("u-2", at=FIRST + 91, attributes={"$FirstName": "after"}), firehose("u-9")):
        await inlet.post(message)
    await inlet.work()
    assert (await inlet.states())[-3:] == ["rejected", "updated", "registered"]
    assert [member.first_name for member in await inlet.members()] == ["35", "36", "after", "38", "39", None]
