"""Pages of encryption keys, as a browser without scripts uses them."""

from typing import Any
from uuid import UUID

import pytest
from tests.builders.house import ACTOR, create_members
from tests.builders.key_files import PASSPHRASE, pgp_key, ssh_key
from tests.web.conftest import Browser, Site

from tessera import connectors
from tessera.connectors import NewProfile, address_policy
from tessera.connectors import keys as connector_keys
from tessera.connectors.keys import EncryptionKey, NewEncryptionKey

KEYS = "/admin/integrations/encryption-keys"


@pytest.fixture
async def chain(site: Site) -> UUID:
    return await create_members(site.house.database, 0)


async def make(site: Site, chain: UUID, label: str = "Login", **given: Any) -> EncryptionKey:
    """Save a key."""
    new = NewEncryptionKey(**{"type": "rsa_private_key", "label": label, "material": ssh_key(), **given})
    async with site.house.database.session() as session:
        return await connector_keys.create_encryption_key(
            session, ACTOR, chain_id=chain, new=new, keys=site.house.resources.keys
        )


async def read_all(site: Site) -> list[EncryptionKey]:
    async with site.house.database.session() as session:
        return list((await connector_keys.list_encryption_keys(session, ACTOR)).items)


async def send(browser: Browser, path: str, *, file: bytes | None = None, **fields: str) -> Any:
    """Send a form with the session's token, with a file where one is given."""
    data = {"csrf_token": await browser.token(), **fields}
    files = {"file": ("key", file)} if file is not None else None
    return await browser.client.post(path, data=data, files=files, follow_redirects=False)


async def test_key_is_made_from_the_create_line_to_its_page(site: Site, owner: Browser, chain: UUID) -> None:
    assert "No encryption keys yet" in (await owner.get(KEYS)).text
    line = await send(owner, KEYS, label="Über login", type="rsa_private_key")
    popup = line.headers["location"]
    assert 'value="Über login"' in (await owner.get(popup)).text
    path = popup.partition("?")[0]
    material = ssh_key("ed25519", "RFC4716", PASSPHRASE).replace("\n", "\r\n")
    fields: dict[str, Any] = {"label": "Über login", "type": "rsa_private_key", "material": material}

    wrong = await send(owner, path, **fields, passphrase="wrong one")
    made = await send(owner, path, **fields, passphrase=PASSPHRASE)

    assert wrong.status_code == 422
    assert "This passphrase does not open the key" in wrong.text
    assert "PRIVATE KEY-" not in wrong.text
    assert "wrong one" not in wrong.text
    page = (await owner.get(made.headers["location"])).text
    assert "The encryption key is saved." in page
    assert "Ed25519" in page
    assert "SHA256:" in page
    assert "PRIVATE KEY-" not in page + (await owner.get(KEYS)).text


async def test_key_may_be_uploaded(site: Site, owner: Browser, chain: UUID) -> None:
    private, _ = pgp_key()
    fields: dict[str, Any] = {"label": "Ours", "type": "pgp_private_key", "material": ""}

    made = await send(owner, f"{KEYS}/{chain}/new", file=private.encode(), **fields)
    binary = await send(owner, f"{KEYS}/{chain}/new", file=b"\x99\xff\x00" * 1000, **fields)
    huge = await send(owner, f"{KEYS}/{chain}/new", file=b"x" * 1_000_000, **fields)

    assert made.status_code == 303
    assert (binary.status_code, huge.status_code) == (422, 422)
    assert [key.label for key in await read_all(site)] == ["Ours"]


async def test_edit_replaces_and_keeps(site: Site, owner: Browser, chain: UUID) -> None:
    key = await make(site, chain)
    path = f"{KEYS}/{chain}/{key.id}/edit"
    assert "PRIVATE KEY-" not in (await owner.get(path)).text

    renamed = await send(owner, path, label="Other", version="1", material="", passphrase="")
    replaced = await send(owner, path, label="Other", version="2", material=ssh_key("rsa"))
    stale = await send(owner, path, label="Third", version="1")
    locked = await send(owner, path, label="Other", internal_name="moved")
    moved = await send(owner, path, label="Other", internal_name="moved", edit_internal_name="true")

    (now,) = await read_all(site)
    assert (renamed.status_code, replaced.status_code, stale.status_code) == (303, 303, 422)
    assert "changed by another user" in stale.text
    assert (locked.status_code, moved.status_code) == (303, 303)
    assert (now.label, now.algorithm, now.internal_name) == ("Other", "RSA 2048", "moved")


async def test_key_in_use_is_not_deleted(site: Site, owner: Browser, chain: UUID) -> None:
    key = await make(site, chain)
    resources = site.house.resources
    settings = {"host": "sftp.example.com", "username": "u", "auth_type": "public_key", "private_key": "login"}
    async with site.house.database.session() as session:
        await connectors.create_profile(
            session,
            ACTOR,
            chain_id=chain,
            new=NewProfile("sftp", "standard", "Partner", settings=settings),
            keys=resources.keys,
            policy=address_policy(resources.settings),
        )
    path = f"{KEYS}/{chain}/{key.id}"

    asked = await send(owner, f"{path}/delete")
    refused = await send(owner, f"{path}/delete", confirmed="yes")

    assert "Delete Login?" in asked.text
    assert refused.status_code == 409
    assert "is used by Partner" in refused.text
    assert "Partner</a>" in (await owner.get(path)).text
    free = await make(site, chain, "Free")
    gone = await send(owner, f"{KEYS}/{chain}/{free.id}/delete", confirmed="yes")
    assert gone.headers["location"] == KEYS
    assert [each.label for each in await read_all(site)] == ["Login"]


async def test_list_is_searched_and_sorted(site: Site, owner: Browser, chain: UUID) -> None:
    for label in ("Bravo", "alpha", "Charlie <b>"):
        await make(site, chain, label)

    page = (await owner.get(f"{KEYS}?sort=-label")).text
    assert page.index("Charlie &lt;b&gt;") < page.index("Bravo") < page.index("alpha")
    found = (await owner.get(f"{KEYS}?q=brav")).text
    assert "Bravo" in found
    assert "alpha" not in found
    assert "Nothing matches" in (await owner.get(f"{KEYS}?q=%00'%22<script>")).text
    assert "There is no such page" in (await owner.get(f"{KEYS}?page=9")).text
    assert (await owner.get(f"{KEYS}?sort=nonsense")).status_code == 200


async def test_bad_input_stands_beside_its_field(site: Site, owner: Browser, chain: UUID) -> None:
    attempts: tuple[dict[str, Any], ...] = (
        {"label": "", "type": "rsa_private_key", "material": ssh_key()},
        {"label": "x" * 300, "type": "rsa_private_key", "material": ssh_key()},
        {"label": "a\0b", "type": "rsa_private_key", "material": ssh_key()},
        {"label": "x", "type": "nonsense", "material": ssh_key()},
        {"label": "x", "type": "rsa_private_key", "material": "<script>alert(1)</script>"},
        {"label": "x", "type": "rsa_private_key", "material": "y" * 1_000_000},
        {"label": "x", "type": "rsa_private_key"},
        {},
    )
    for fields in attempts:
        reply = await send(owner, f"{KEYS}/{chain}/new", **fields)
        assert reply.status_code == 422, fields
        assert 'role="alert"' in reply.text
        assert "<script>alert" not in reply.text
    assert (await send(owner, KEYS)).status_code == 422
    assert await read_all(site) == []


async def test_outsider_and_reader_get_no_key(site: Site, outsider: Browser, reader: Browser, chain: UUID) -> None:
    key = await make(site, chain)
    path = f"{KEYS}/{chain}/{key.id}"

    for each in (path, f"{path}/edit"):
        assert (await outsider.get(each)).status_code in (403, 404)
        assert (await reader.get(each)).status_code == 403
    for each in (f"{path}/edit", f"{path}/delete", f"{KEYS}/{chain}/new"):
        assert (await send(outsider, each, label="x", confirmed="yes")).status_code in (403, 404, 422)
        assert (await send(reader, each, label="x", confirmed="yes")).status_code == 403
    assert [each.label for each in await read_all(site)] == ["Login"]
