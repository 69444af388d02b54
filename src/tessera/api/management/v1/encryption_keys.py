"""Encryption keys: saved keys for SFTP login and OpenPGP. Their material goes in and never comes out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked, NameOrId
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Label, Moment, Text
from tessera.api.management.v1.shapes import show_as
from tessera.connectors import keys as connector_keys

Kind = Literal["rsa_private_key", "pgp_public_key", "pgp_private_key"]
Sort = Literal["label", "-label", "type", "-type", "expires", "-expires", "changed", "-changed"]
Material = Annotated[str, Meta(min_length=1, max_length=100_000, description="The text of the key file, write-only.")]
Passphrase = Annotated[
    str, Meta(max_length=1_000, description="What protects the key, write-only; empty is no passphrase.")
]


class EncryptionKeyQuery(SearchQuery, frozen=True):
    """Which keys to list."""

    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None
    sort: Annotated[Sort, Meta(description="What they are sorted by; - turns it round.")] = "label"


class NewEncryptionKey(Asked, frozen=True):
    """An encryption key to make."""

    chain_id: UUID
    type: Annotated[Kind, Meta(description="`rsa_private_key` takes a private key for SSH of any algorithm.")]
    label: Label
    material: Material
    passphrase: Passphrase | None = None
    internal_name: Annotated[Text | None, Meta(description="Null makes one of the label.")] = None


class EncryptionKeyChange(Asked, frozen=True):
    """What to change of an encryption key; what is left out or null stays. New material comes with its passphrase."""

    label: Label | None = None
    internal_name: Text | None = None
    material: Material | None = None
    passphrase: Passphrase | None = None


class EncryptionKey(Struct, frozen=True):
    """A saved key, without its material."""

    id: UUID
    chain_id: UUID
    type: Kind
    label: str
    internal_name: str
    algorithm: Annotated[str, Meta(examples=["RSA 4096"])]
    fingerprint: Annotated[str, Meta(description="SHA-256 for SSH keys, the certificate's own for OpenPGP.")]
    expires_at: Moment | None
    has_passphrase: bool
    material_set_at: Annotated[datetime, Meta(tz=True, description="When the material was last replaced.")]
    used_by: Annotated[int, Meta(description="How many connection profiles refer to it.")]
    version: int
    created_at: Moment
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: Moment
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None


show_key = show_as(EncryptionKey)


async def list_encryption_keys(call: Call, query: EncryptionKeyQuery) -> NumberedListing[EncryptionKey]:
    """List encryption keys, by label unless asked otherwise."""
    page = await connector_keys.list_encryption_keys(
        call.session,
        call.actor,
        chain_id=query.chain_id,
        search=query.q,
        sort=query.sort,
        number=query.page,
        size=query.limit,
    )
    return number_page(page, show_key)


async def create_encryption_key(call: Call, body: NewEncryptionKey) -> EncryptionKey:
    """Save an encryption key, once its passphrase has opened it."""
    new = connector_keys.NewEncryptionKey(body.type, body.label, body.material, body.passphrase, body.internal_name)
    made = await connector_keys.create_encryption_key(
        call.session, call.actor, chain_id=body.chain_id, new=new, keys=call.resources.keys
    )
    return show_key(made)


async def get_encryption_key(call: Call, encryption_key: NameOrId) -> EncryptionKey:
    """Show an encryption key."""
    return show_key(await connector_keys.get_encryption_key(call.session, call.actor, None, encryption_key))


async def update_encryption_key(
    call: Call, encryption_key: NameOrId, body: EncryptionKeyChange, if_match: int | None
) -> EncryptionKey:
    """Change an encryption key, or replace its material; never its type."""
    stored = await connector_keys.get_encryption_key(call.session, call.actor, None, encryption_key)
    change = connector_keys.EncryptionKeyChange(
        body.label, body.internal_name, body.material, body.passphrase, version=if_match
    )
    changed = await connector_keys.update_encryption_key(
        call.session, call.actor, stored, change, keys=call.resources.keys
    )
    return show_key(changed)


async def delete_encryption_key(call: Call, encryption_key: NameOrId, if_match: int | None) -> None:
    """Delete an encryption key that no connection profile refers to."""
    await connector_keys.delete_encryption_key(call.session, call.actor, None, encryption_key, version=if_match)


EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "type": "rsa_private_key",
    "label": "Harbour login",
    "material": "-----BEGIN OPENSSH PRIVATE KEY-----\n…\n-----END OPENSSH PRIVATE KEY-----\n",
    "passphrase": "…",
}
BASE = "/encryption-keys"
ONE = f"{BASE}/{{encryption_key}}"
WRITE = "encryption-keys:write"
ROUTES = (
    Route("GET", BASE, "encryption-keys:read", list_encryption_keys),
    Route("POST", BASE, WRITE, create_encryption_key, status=201, example=EXAMPLE, made="/id"),
    Route("GET", ONE, "encryption-keys:read", get_encryption_key, conflicts=True),
    Route("PATCH", ONE, WRITE, update_encryption_key, example={"label": "Harbour login, new"}),
    Route("DELETE", ONE, "encryption-keys:admin", delete_encryption_key),
)
