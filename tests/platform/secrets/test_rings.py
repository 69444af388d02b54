from datetime import UTC, datetime, timedelta

import pytest

from tessera.platform.secrets import BrokenSealError, Key, KeyNotFoundError, KeyRing
from tessera.platform.secrets.rings import make_key

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, NEW = make_key(NOON), make_key(NOON + timedelta(days=1))
BEFORE, AFTER = KeyRing([OLD]), KeyRing([OLD, NEW])


@pytest.mark.parametrize("text", ["", "hunter2", "pässwörd ✓", "x" * 100_000])
def test_sealed_text_opens(text: str) -> None:
    sealed = BEFORE.seal(text, "profile")
    assert BEFORE.open(sealed, "profile").reveal() == text
    assert sealed.startswith(f"v1.{OLD.id}.")


def test_same_text_seals_differently() -> None:
    assert BEFORE.seal("hunter2", "profile") != BEFORE.seal("hunter2", "profile")


def test_other_purpose_does_not_open() -> None:
    sealed = BEFORE.seal("hunter2", "profile:1")
    with pytest.raises(BrokenSealError) as caught:
        BEFORE.open(sealed, "profile:2")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "sealed",
    [
        "",
        "v1",
        "v1.",
        f"v1.{OLD.id}",
        f"v1.{OLD.id}.",
        f"v1.{OLD.id}.AAAA",
        f"v1.{OLD.id}.no base64!",
        "v2.x.AAAA",
        "plain",
    ],
    # Not the texts themselves: a key made at random differs from process to process.
    ids=str.__len__,
)
def test_malformed_text_does_not_open(sealed: str) -> None:
    with pytest.raises(BrokenSealError):
        BEFORE.open(sealed, "profile")


def test_any_changed_character_breaks_the_seal() -> None:
    sealed = BEFORE.seal("hunter2", "profile")
    # Without the last character, whose lowest bits base64 does not use.
    for place in range(sealed.rindex(".") + 1, len(sealed.rstrip("=")) - 1):
        other = "A" if sealed[place] != "A" else "B"
        with pytest.raises(BrokenSealError):
            BEFORE.open(sealed[:place] + other + sealed[place + 1 :], "profile")


def test_key_id_is_sealed_along() -> None:
    twin = KeyRing([OLD, Key(id="ffff0000", material=OLD.material, created_at=NOON)])
    sealed = BEFORE.seal("hunter2", "profile").replace(OLD.id, "ffff0000")
    with pytest.raises(BrokenSealError):
        twin.open(sealed, "profile")


def test_missing_key_is_named() -> None:
    sealed = AFTER.seal("hunter2", "profile")
    with pytest.raises(KeyNotFoundError, match=NEW.id):
        BEFORE.open(sealed, "profile")


def test_newest_key_seals_and_old_seals_open() -> None:
    sealed = BEFORE.seal("hunter2", "profile")
    assert not AFTER.is_current(sealed)
    assert AFTER.open(sealed, "profile").reveal() == "hunter2"
    assert AFTER.is_current(AFTER.seal("hunter2", "profile"))


def test_reseal_moves_to_the_newest_key_once() -> None:
    moved = AFTER.reseal(BEFORE.seal("hunter2", "profile"), "profile")
    assert AFTER.is_current(moved)
    assert AFTER.open(moved, "profile").reveal() == "hunter2"
    assert AFTER.reseal(moved, "profile") == moved


def test_digest_and_derived_password_survive_rotation() -> None:
    assert AFTER.digest("token", "access-token") == BEFORE.digest("token", "access-token")
    assert AFTER.derive("database-login:x") == BEFORE.derive("database-login:x")


def test_digest_depends_on_key_purpose_and_text() -> None:
    digests = {
        BEFORE.digest("token", "access"),
        BEFORE.digest("other", "access"),
        BEFORE.digest("token", "client"),
        BEFORE.digest("c", "ab"),
        BEFORE.digest("bc", "a"),
        KeyRing([NEW]).digest("token", "access"),
    }
    assert len(digests) == 6
    assert {len(digest) for digest in digests} == {32}


def test_derived_password_fits_into_an_address() -> None:
    password = BEFORE.derive("database-login:tessera_app")
    assert len(password) == 43
    assert password.replace("-", "").replace("_", "").isalnum()
    assert password != BEFORE.derive("database-login:tessera_query")


def test_ring_and_key_print_no_material() -> None:
    printed = repr(AFTER) + repr(OLD) + str(vars(AFTER)["keys"])
    assert OLD.id in printed
    assert repr(OLD.material) not in printed


def test_ring_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        KeyRing([])
