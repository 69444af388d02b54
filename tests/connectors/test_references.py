"""References of profiles to encryption keys: what may be named, what is opened, and that nothing named disappears."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from tests.builders.key_files import pgp_key, ssh_key
from tests.builders.places import OWNER, POLICY, Place

from tessera import connectors
from tessera.connectors import NewProfile, Profile
from tessera.connectors import keys as connector_keys
from tessera.connectors.contract.registry import get_connector
from tessera.connectors.keys import EncryptionKey, NewEncryptionKey
from tessera.connectors.keys.errors import EncryptionKeyNotFoundError
from tessera.connectors.opened_profiles import open_profile
from tessera.connectors.profiles import find_row
from tessera.platform.assets import Referrer
from tessera.platform.assets.errors import InUseError, SettingsInvalidError
from tessera.platform.db import Database, Session
from tessera.platform.secrets import KeyRing

BY_KEY = {"host": "sftp.example.com", "username": "tessera", "auth_type": "public_key"}


async def make_key(session: Session, chain_id: UUID, keys: KeyRing, **given: Any) -> EncryptionKey:
    """Make a key for logins, or another one where told."""
    new = NewEncryptionKey(**{"type": "rsa_private_key", "label": "Login", "material": ssh_key(), **given})
    return await connector_keys.create_encryption_key(session, OWNER, chain_id=chain_id, new=new, keys=keys)


async def make_profile(session: Session, place: Place, keys: KeyRing, reference: str) -> Profile:
    """Make an SFTP profile that signs in with a key."""
    new = NewProfile("sftp", "standard", "Partner", settings={**BY_KEY, "private_key": reference})
    return await connectors.create_profile(session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=POLICY)


async def test_reference_is_kept_as_an_id_and_opened_for_the_kind(
    database: Database, place: Place, keys: KeyRing
) -> None:
    async with database.session() as session:
        key = await make_key(session, place.chain_id, keys)
        profile = await make_profile(session, place, keys, "LOGIN")
        opened = await open_profile(session, await find_row(session, OWNER, place.chain_id, profile.id), keys)
        used = await connector_keys.get_encryption_key(session, OWNER, place.chain_id, key.id)
        users = await connector_keys.list_key_users(session, OWNER, key)
    assert profile.settings["private_key"] == str(key.id)
    assert opened.keys["private_key"].material == ssh_key()
    assert "OPENSSH" not in repr(opened)
    assert (used.used_by, users) == (1, [Referrer("connection_profile", profile.id, "Partner")])


async def test_only_keys_that_fit_may_be_named(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        public = await make_key(session, place.chain_id, keys, type="pgp_public_key", material=pgp_key()[1], label="P")
        theirs = await make_key(session, place.other_id, keys)
        for reference, message in (
            (str(public.id), "P is not of the type RSA Private Key"),
            (str(theirs.id), "no such encryption key"),
            ("login", "no such encryption key"),
            ("' OR 1=1", "Choose one of the list"),
        ):
            with pytest.raises(SettingsInvalidError, match=message) as caught:
                await make_profile(session, place, keys, reference)
            assert list(caught.value.details["faults"]) == ["private_key"]  # type: ignore[call-overload]


async def test_choices_are_those_of_the_chain_and_type(database: Database, place: Place, keys: KeyRing) -> None:
    (reference,) = [each for each in get_connector("sftp").properties if each.refers_to]
    async with database.session() as session:
        key = await make_key(session, place.chain_id, keys)
        await make_key(session, place.chain_id, keys, type="pgp_public_key", material=pgp_key()[1], label="P")
        await make_key(session, place.other_id, keys)
        choices = await connectors.list_choices(session, OWNER, place.chain_id, reference)
        with pytest.raises(Exception, match="no chain"):
            await connectors.list_choices(session, place.outsider, place.chain_id, reference)
    assert choices == [(key.id, "Login")]


async def test_key_is_not_deleted_while_it_is_taken_up(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        key = await make_key(session, place.chain_id, keys)

    async def delete() -> None:
        async with database.session() as session:
            await connector_keys.delete_encryption_key(session, OWNER, place.chain_id, key.id)

    async with database.session() as session:
        await make_profile(session, place, keys, "login")
        deleting = asyncio.create_task(delete())
        await asyncio.sleep(0.2)
        assert not deleting.done()  # it waits for the profile's transaction
    with pytest.raises(InUseError, match="Partner"):
        await deleting


async def test_key_that_went_first_cannot_be_taken_up(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        key = await make_key(session, place.chain_id, keys)

    async def take_up() -> None:
        async with database.session() as session:
            await make_profile(session, place, keys, "login")

    async with database.session() as session:
        await connector_keys.delete_encryption_key(session, OWNER, place.chain_id, key.id)
        taking = asyncio.create_task(take_up())
        await asyncio.sleep(0.2)
        assert not taking.done()
    with pytest.raises(SettingsInvalidError, match="no such encryption key"):
        await taking


async def test_key_of_another_chain_is_never_opened(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        theirs = await make_key(session, place.other_id, keys)
        await make_key(session, place.chain_id, keys)
        profile = await make_profile(session, place, keys, "login")
        row = await find_row(session, OWNER, place.chain_id, profile.id)
        forged = {**row, "settings": {**row["settings"], "private_key": str(theirs.id)}}
        with pytest.raises(EncryptionKeyNotFoundError):
            await open_profile(session, forged, keys)
