"""Encryption keys: what may be saved, who may see them, and that no material ever comes back."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import text
from tests.builders.key_files import PASSPHRASE, pgp_key, ssh_key
from tests.builders.places import OWNER, Place

from tessera.connectors import keys as connector_keys
from tessera.connectors.keys import EncryptionKey, EncryptionKeyChange, NewEncryptionKey
from tessera.connectors.keys.errors import EncryptionKeyInvalidError, EncryptionKeyNotFoundError
from tessera.connectors.keys.store import list_sealed
from tessera.platform.assets.errors import ChainNotFoundError, NameTakenError, VersionConflictError
from tessera.platform.clock import now
from tessera.platform.db import Database, Session
from tessera.platform.errors import DeniedError
from tessera.platform.secrets import KeyRing
from tessera.platform.secrets.rings import make_key


async def create(session: Session, place: Place, keys: KeyRing, label: str = "Login", **given: Any) -> EncryptionKey:
    """Create a key of the first chain for SFTP logins, or another one where told."""
    material = ssh_key("ed25519", "RFC4716", PASSPHRASE)
    new = replace(NewEncryptionKey("rsa_private_key", label, material, PASSPHRASE), **given)
    return await connector_keys.create_encryption_key(session, OWNER, chain_id=place.chain_id, new=new, keys=keys)


async def change(session: Session, key: EncryptionKey, keys: KeyRing, **given: Any) -> EncryptionKey:
    """Change a key."""
    return await connector_keys.update_encryption_key(session, OWNER, key, EncryptionKeyChange(**given), keys=keys)


async def test_key_comes_back_without_its_material(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys, "Über-Schlüssel")
        read = await connector_keys.get_encryption_key(session, OWNER, place.chain_id, "UBER_SCHLUSSEL")
        stored = await session.scalar(text("SELECT encryption_keys::text FROM encryption_keys"))
        trail = (await session.scalars(text("SELECT e::text FROM audit_entries e"))).all()
        events = (await session.scalars(text("SELECT e::text FROM events e"))).all()
    assert made == read
    assert (made.algorithm, made.has_passphrase, made.version, made.used_by) == ("Ed25519", True, 1, 0)
    seen = repr(asdict(made)) + str(stored) + "".join(trail) + "".join(events)
    assert PASSPHRASE not in seen
    assert "PRIVATE KEY-" not in seen
    assert "encryption_key.created" in "".join(events)


async def test_values_that_hold_secrets_do_not_print(place: Place) -> None:
    new = NewEncryptionKey("rsa_private_key", "Login", "the material", "the passphrase")
    changed = EncryptionKeyChange(material="the material", passphrase="the passphrase")
    assert "the " not in repr(new) + repr(changed)


async def test_material_is_replaced_with_its_passphrase(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        replaced = await change(session, made, keys, material=ssh_key("rsa"), version=1)
        entry = (await session.execute(text("SELECT before, after FROM audit_entries WHERE action = 'updated'"))).one()
    assert (replaced.algorithm, replaced.has_passphrase, replaced.version) == ("RSA 2048", False, 2)
    assert replaced.fingerprint != made.fingerprint
    assert replaced.material_set_at > made.material_set_at
    assert entry.after["material"] == "***"
    assert entry.after["fingerprint"] == replaced.fingerprint


async def test_passphrase_alone_is_tried_on_the_stored_key(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        with pytest.raises(EncryptionKeyInvalidError, match="does not open"):
            await change(session, made, keys, passphrase="wrong")
        with pytest.raises(EncryptionKeyInvalidError, match="protected"):
            await change(session, made, keys, passphrase="")
        renamed = await change(session, made, keys, label="Login 2")
    assert (renamed.label, renamed.has_passphrase) == ("Login 2", True)


async def test_names_are_unique_among_keys(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        first = await create(session, place, keys)
        second = await create(session, place, keys)
        assert (first.internal_name, second.internal_name) == ("login", "login_1")
        with pytest.raises(NameTakenError):
            await create(session, place, keys, internal_name="LOGIN")
        with pytest.raises(NameTakenError):
            await change(session, second, keys, internal_name="Login")
        with pytest.raises(EncryptionKeyInvalidError, match="There are: rsa_private_key"):
            await create(session, place, keys, type="dsa")


async def test_change_of_somebody_else_is_not_undone(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        await change(session, made, keys, label="First", version=1)
        with pytest.raises(VersionConflictError):
            await change(session, made, keys, label="Second", version=1)
        with pytest.raises(VersionConflictError):
            await connector_keys.delete_encryption_key(session, OWNER, place.chain_id, made.id, version=1)
        await connector_keys.delete_encryption_key(session, OWNER, place.chain_id, made.id, version=2)
        assert (await connector_keys.list_encryption_keys(session, OWNER)).items == []


async def test_outsider_finds_no_key(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        outsider = place.outsider
        assert (await connector_keys.list_encryption_keys(session, outsider)).items == []
        assert (await connector_keys.list_encryption_keys(session, outsider, chain_id=place.chain_id)).items == []
        for chain_id in (place.chain_id, place.other_id):
            with pytest.raises(EncryptionKeyNotFoundError):
                await connector_keys.get_encryption_key(session, outsider, chain_id, made.id)
            with pytest.raises(EncryptionKeyNotFoundError):
                await connector_keys.delete_encryption_key(session, outsider, chain_id, made.id)
        with pytest.raises(EncryptionKeyNotFoundError):
            await connector_keys.update_encryption_key(
                session, outsider, made, EncryptionKeyChange(label="x"), keys=keys
            )
        with pytest.raises(EncryptionKeyNotFoundError):
            await connector_keys.list_key_users(session, outsider, made)
        new = NewEncryptionKey("rsa_private_key", "x", ssh_key())
        with pytest.raises(ChainNotFoundError):
            await connector_keys.create_encryption_key(session, outsider, chain_id=place.chain_id, new=new, keys=keys)
        assert list(await list_sealed(session, place.other_id, [made.id])) == []


async def test_levels_are_asked_for(database: Database, place: Place, keys: KeyRing) -> None:
    reader, writer = place.reader("encryption-keys:read"), place.reader("encryption-keys:write")
    async with database.session() as session:
        made = await create(session, place, keys)
        await connector_keys.get_encryption_key(session, reader, place.chain_id, made.id)
        with pytest.raises(DeniedError):
            await connector_keys.update_encryption_key(session, reader, made, EncryptionKeyChange(label="x"), keys=keys)
        await connector_keys.update_encryption_key(session, writer, made, EncryptionKeyChange(label="x"), keys=keys)
        with pytest.raises(DeniedError):
            await connector_keys.delete_encryption_key(session, writer, place.chain_id, made.id)


async def test_keys_are_searched_and_sorted(database: Database, place: Place, keys: KeyRing) -> None:
    private, public = pgp_key(seconds=86_400)
    async with database.session() as session:
        await create(session, place, keys, "Bravo")
        await create(session, place, keys, "alpha", type="pgp_public_key", material=public, passphrase=None)
        await create(session, place, keys, "Charlie", type="pgp_private_key", material=private, passphrase=None)

        async def labels(**given: Any) -> list[str]:
            page = await connector_keys.list_encryption_keys(session, OWNER, chain_id=place.chain_id, **given)
            return [key.label for key in page.items]

        assert await labels() == ["alpha", "Bravo", "Charlie"]
        assert await labels(sort="-label") == ["Charlie", "Bravo", "alpha"]
        assert await labels(sort="type") == ["Charlie", "alpha", "Bravo"]
        assert await labels(sort="expires") == ["alpha", "Charlie", "Bravo"]
        assert await labels(sort="'; DROP TABLE chains") == ["alpha", "Bravo", "Charlie"]
        assert await labels(search="BRA\0") == ["Bravo"]
        assert await labels(size=2, number=2) == ["Charlie"]


async def test_rotation_reseals_every_key(database: Database, place: Place, keys: KeyRing) -> None:
    rotated = KeyRing([*keys.keys, make_key(now())])
    async with database.session() as session:
        made = await create(session, place, keys)
        assert await connector_keys.reseal_encryption_keys(session, rotated) == 1
        assert await connector_keys.reseal_encryption_keys(session, rotated) == 0
        changed = await change(session, made, rotated, passphrase=PASSPHRASE)
    assert changed.fingerprint == made.fingerprint
