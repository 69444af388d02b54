"""Messages as people see them: replayed once, searched, forgotten after their days, sealed anew."""

from codecs import BOM_UTF8
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.builders.mparticle import FIRST, firehose

from tessera import inbound
from tessera.connectors.errors import ProfileNotFoundError
from tessera.inbound import MessageQuery
from tessera.inbound.errors import MessageNotFoundError, MessageNotReplayableError
from tessera.platform.clock import now
from tessera.platform.db import Session
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing
from tessera.platform.secrets.rings import make_key

from .conftest import MAPPING, OWNER, Inlet


async def replay_all(inlet: Inlet) -> int:
    async with inlet.database.session() as session:
        return await inbound.replay_rejected_messages(session, OWNER, inlet.profile.id)


def test_byte_order_mark_before_messages_is_no_part_of_them() -> None:
    body = msgspec.json.encode(firehose())
    plain, _ = inbound.read_messages("mparticle_inbound", body)
    assert inbound.read_messages("mparticle_inbound", BOM_UTF8 + body) == (plain, False)
    assert inbound.read_messages("mparticle_inbound", BOM_UTF8 + b"[" + body + b"]") == (plain, True)


async def test_mended_cause_lets_a_replay_succeed(inlet: Inlet) -> None:
    by_mail: dict[str, Any] = {"user_profiles": {"lookup_by": "email", "user_attributes": {"mail": "email"}}}
    await inlet.change(**by_mail)
    await inlet.deliver(*(firehose(f"u-{number}") for number in range(3)))
    assert await inlet.states() == ["rejected"] * 3
    await inlet.change(**MAPPING)
    assert await replay_all(inlet) == 3
    await inlet.work()
    assert await inlet.states() == ["registered"] * 3
    assert await replay_all(inlet) == 0
    assert [row["after"] for row in await inlet.rows("SELECT after FROM audit_entries WHERE action = 'replayed'")] == [
        {"count": 3}
    ]


async def test_replayed_message_is_as_old_as_it_was(inlet: Inlet) -> None:
    await inlet.change(user_profiles={"lookup_by": "email", "user_attributes": {"email": "email"}})
    await inlet.deliver(firehose("u-1", attributes={"$FirstName": "old"}))
    await inlet.change(**MAPPING)
    await inlet.deliver(firehose("u-1", at=FIRST + 1, attributes={"$FirstName": "new"}))
    await replay_all(inlet)
    await inlet.work()
    assert [member.first_name for member in await inlet.members()] == ["new"]
    assert await inlet.states() == ["unchanged", "registered"]


async def test_applied_message_is_not_replayed(inlet: Inlet) -> None:
    await inlet.deliver(firehose("u-1"))
    (message,) = await inlet.messages()
    assert not message.replayable
    async with inlet.database.session() as session:
        with pytest.raises(MessageNotReplayableError):
            await inbound.replay_inbound_message(session, OWNER, inlet.profile.id, message.id)


async def count_matches(session: Session, inlet: Inlet, **asked: Any) -> int:
    page = await inbound.list_inbound_messages(session, OWNER, inlet.profile.id, MessageQuery(**asked))
    return page.total


async def test_list_is_searched_and_sorted(inlet: Inlet) -> None:
    await inlet.deliver(firehose("u-1", message_id="needle-1"), firehose(None), firehose("u-1", at=FIRST + 1))
    async with inlet.database.session() as session:
        assert await count_matches(session, inlet, search="NEEDLE") == 1
        assert await count_matches(session, inlet, search="lookup") == 1
        assert await count_matches(session, inlet, search="a\x00b%_'") == 0
        for sort in ("received", "-received", "state", "-state", "nonsense; DROP TABLE"):
            assert await count_matches(session, inlet, sort=sort) == 3


async def test_outsiders_find_no_message(inlet: Inlet) -> None:
    await inlet.deliver(firehose(None))
    (message,) = await inlet.messages()
    async with inlet.database.session() as session:
        for function in (inbound.get_inbound_message, inbound.replay_inbound_message):
            with pytest.raises(ProfileNotFoundError):
                await function(session, inlet.outsider, inlet.profile.id, message.id)
            with pytest.raises(MessageNotFoundError):
                await function(session, OWNER, inlet.profile.id, new_id())


async def test_body_is_for_readers_of_members(inlet: Inlet) -> None:
    await inlet.post(firehose("u-1"))
    (message,) = await inlet.messages()
    clerk, reader = inlet.reader("connection-profiles:read"), inlet.reader("connection-profiles:read", "members:read")
    async with inlet.database.session() as session:
        assert await inbound.open_body(session, clerk, inlet.resources.keys, message) is None
        body = await inbound.open_body(session, reader, inlet.resources.keys, message)
    assert body["user_identities"][0]["value"] == "u-1"
    assert body["account"] == {"account_id": 42, "account_settings": {"apiKey": "***"}}


async def test_bodies_go_first_and_messages_later(inlet: Inlet) -> None:
    await inlet.deliver(first := firehose("u-1"), firehose(None))
    await inlet.post(firehose("u-3"))
    moved = "UPDATE inbound_messages SET received_at = received_at - interval '8 days' RETURNING 1"
    await inlet.rows(moved)
    # Two bodies, and how new the values of a member were that a message of years ago has set.
    assert await inbound.purge_messages(inlet.resources) == 3
    assert [message.kept for message in await inlet.messages()] == [False, False, True]
    assert await replay_all(inlet) == 0
    await inlet.deliver(first)
    assert await inlet.states() == ["registered", "rejected", "registered"]
    await inlet.rows(moved.replace("8 days", "90 days"))
    await inbound.purge_messages(inlet.resources)
    assert await inlet.messages() == []


async def test_bodies_are_sealed_anew(inlet: Inlet) -> None:
    await inlet.post(firehose("u-1"))
    ring = KeyRing([*inlet.resources.keys.keys, make_key(now())])
    async with inlet.database.session() as session:
        assert await inbound.reseal_messages(session, ring) == 1
        assert await inbound.reseal_messages(session, ring) == 0
    assert await inbound.apply_due_messages(replace(inlet.resources, keys=ring)) == 1
    assert await inlet.states() == ["registered"]
