"""Encryption keys over the API: material goes in and never comes out, and outsiders find nothing."""

from typing import Any

import msgspec
import pytest
from tests.api.management.conftest import Desk
from tests.builders.key_files import PASSPHRASE, ssh_key

BASE = "/encryption-keys"


async def make(desk: Desk, **given: Any) -> Any:
    """Make a protected key for logins."""
    members = {"chain_id": str(desk.chain_id), "type": "rsa_private_key", "label": "Login"}
    secrets = {"material": ssh_key("ed25519", "RFC4716", PASSPHRASE), "passphrase": PASSPHRASE}
    return await desk.good("POST", BASE, status=201, **{**members, **secrets, **given})


async def test_material_goes_in_and_never_comes_out(desk: Desk) -> None:
    made = await make(desk)
    path = f"{BASE}/{made['id']}"
    replaced = await desk.good("PATCH", path, material=ssh_key("rsa"))
    listed = await desk.good("GET", f"{BASE}?q=log&sort=-label")

    assert (made["algorithm"], made["has_passphrase"], made["internal_name"]) == ("Ed25519", True, "login")
    assert (replaced["algorithm"], replaced["has_passphrase"], replaced["version"]) == ("RSA 2048", False, 2)
    assert (listed["total"], listed["items"]) == (1, [replaced])
    assert await desk.good("GET", f"{BASE}/LOGIN") == replaced
    text = msgspec.json.encode([made, replaced, listed]).decode()
    assert PASSPHRASE not in text
    assert "PRIVATE KEY-" not in text


async def test_change_is_made_on_the_version_asked_for(desk: Desk) -> None:
    path = f"{BASE}/{(await make(desk))['id']}"
    changed = await desk.send("PATCH", path, b'{"label": "Other"}', headers={"If-Match": '"1"'})
    stale = await desk.send("PATCH", path, b'{"label": "Third"}', headers={"If-Match": '"1"'})

    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert (stale.status, stale.data["code"]) == (412, "version_conflict")
    assert (await desk.send("DELETE", path, headers={"If-Match": '"1"'})).status == 412
    assert (await desk.send("DELETE", path, headers={"If-Match": '"2"'})).status == 204
    assert (await desk.call("GET", path)).status == 404


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"material": "<script>alert(1)</script>"}, "/material"),
        ({"material": "a\0b"}, "/material"),
        ({"material": "x" * 1_000_000}, "/material"),
        ({"passphrase": "wrong"}, "/passphrase"),
        ({"passphrase": None}, "/passphrase"),
        ({"type": "dsa"}, "/type"),
        ({"label": "a\nb"}, "/label"),
        ({"internal_name": "a b"}, "/internal_name"),
        ({"material": 5}, "/material"),
    ],
)
async def test_what_is_wrong_is_told_at_its_member(desk: Desk, members: dict[str, Any], pointer: str) -> None:
    given = {
        "chain_id": str(desk.chain_id),
        "type": "rsa_private_key",
        "label": "Login",
        "material": ssh_key("ed25519", "RFC4716", PASSPHRASE),
        "passphrase": PASSPHRASE,
        **members,
    }
    reply = await desk.call("POST", BASE, **given)

    assert (reply.status, reply.data["errors"][0]["pointer"]) == (422, pointer)
    assert PASSPHRASE.encode() not in reply.body


async def test_key_in_use_cannot_be_deleted(desk: Desk) -> None:
    made = await make(desk)
    settings = {"host": "sftp.example.com", "username": "u", "auth_type": "public_key", "private_key": "login"}
    profile = await desk.good(
        "POST",
        "/connection-profiles",
        status=201,
        chain_id=str(desk.chain_id),
        type="sftp",
        label="Partner",
        settings=settings,
    )
    refused = await desk.call("DELETE", f"{BASE}/{made['id']}")

    assert profile["settings"]["private_key"] == made["id"]
    assert (refused.status, refused.data["code"]) == (409, "in_use")
    assert "Partner" in refused.data["detail"]
    assert (await desk.good("GET", f"{BASE}/{made['id']}"))["used_by"] == 1
    await desk.good("DELETE", f"/connection-profiles/{profile['id']}", status=204)
    await desk.good("DELETE", f"{BASE}/{made['id']}", status=204)


async def test_outsider_finds_no_key(desk: Desk, stranger: Desk) -> None:
    made = await make(desk)

    assert (await stranger.good("GET", BASE))["items"] == []
    assert (await stranger.good("GET", f"{BASE}?chain_id={desk.chain_id}"))["items"] == []
    for path in (f"{BASE}/{made['id']}", f"{BASE}/login"):
        assert (await stranger.call("GET", path)).status == 404
        assert (await stranger.call("PATCH", path, label="Mine")).status == 404
        assert (await stranger.call("DELETE", path)).status == 404
    taken = await stranger.call(
        "POST", BASE, chain_id=str(desk.chain_id), type="rsa_private_key", label="x", material=ssh_key()
    )
    assert taken.status == 404
