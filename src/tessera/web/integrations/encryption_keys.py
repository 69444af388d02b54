"""Encryption keys: the list, one of them, the pop-ups that save and replace it, and its deletion."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from tessera.connectors import keys as connector_keys
from tessera.connectors.keys import EncryptionKey, EncryptionKeyChange, KeyType, NewEncryptionKey
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError
from tessera.web.forms import faults_of
from tessera.web.list_parameters import page_number
from tessera.web.numbers import parse_number
from tessera.web.visits import PageVisit, Visit

PATH = "/admin/integrations/encryption-keys"
NEW = f"{PATH}/{{chain_id:uuid}}/new"
ONE = f"{PATH}/{{chain_id:uuid}}/{{key_id:uuid}}"
TYPES = [(kind.value, kind.label) for kind in KeyType]
LABELS = {
    "label": "Label",
    "internal_name": "Internal Name",
    "type": "Encryption type",
    "material": "Key",
    "passphrase": "Passphrase",
}
# Longer than any key; what comes after is not read.
MOST_BYTES = 200_000


@get(PATH, permission="encryption-keys:read")
async def list_encryption_keys(visit: PageVisit) -> Response[Any]:
    """List the keys of the chosen chain."""
    return visit.page("integrations/templates/encryption_keys.html", **await read_list(visit))


@post(PATH, permission="encryption-keys:write")
async def begin_encryption_key(visit: PageVisit) -> Response[Any]:
    """Take the create line and open the pop-up that asks for the key itself."""
    form = await visit.form()
    label = form.get("label", "").strip()
    if not label:
        faults = {"label": "Give the key a name."}
        return visit.page(
            "integrations/templates/encryption_keys.html", status=422, **await read_list(visit, form, faults)
        )
    return visit.go(f"{PATH}/{visit.chain.id}/new?label={quote(label)}&type={quote(form.get('type', ''))}")


@get(NEW, permission="encryption-keys:write")
async def ask_for_encryption_key(visit: PageVisit, chain_id: FromPath[UUID]) -> Response[Any]:
    """Show the pop-up over the list."""
    if not visit.actor.sees(chain_id):
        raise NotFoundError("There is no such chain. Choose one of those that you see.")
    given = visit.request.query_params
    typed = {"label": given.get("label", ""), "type": given.get("type", "")}
    return await show_new(visit, chain_id, typed)


@post(NEW, permission="encryption-keys:write", fresh=True)
async def create_encryption_key(visit: PageVisit, chain_id: FromPath[UUID]) -> Response[Any]:
    """Save a new key; what is wrong with it stands beside its field."""
    form = await visit.form()
    name = form.get("internal_name", "").strip() if form.get("edit_internal_name") else ""
    try:
        new = NewEncryptionKey(
            type=form.get("type", ""),
            label=form.get("label", ""),
            material=await read_material(visit, form) or "",
            passphrase=form.get("passphrase") or None,
            internal_name=name or None,
        )
        made = await connector_keys.create_encryption_key(
            visit.session, visit.actor, chain_id=chain_id, new=new, keys=visit.resources.keys
        )
    except (InvalidError, ConflictError) as error:
        return await show_new(visit, chain_id, form, faults_of(error))
    return visit.go(path_of(made), notice="key_saved")


@get(ONE, permission="encryption-keys:read")
async def show_encryption_key(visit: PageVisit, chain_id: FromPath[UUID], key_id: FromPath[UUID]) -> Response[Any]:
    """Show one key: what it is, who uses it, never what is in it."""
    return visit.page("integrations/templates/encryption_key.html", **await read_details(visit, chain_id, key_id))


@get(f"{ONE}/edit", permission="encryption-keys:write")
async def edit_encryption_key(visit: PageVisit, chain_id: FromPath[UUID], key_id: FromPath[UUID]) -> Response[Any]:
    """Show the pop-up over the key's page."""
    return await show_edit(visit, chain_id, key_id, {}, {})


@post(f"{ONE}/edit", permission="encryption-keys:write", fresh=True)
async def save_encryption_key(visit: PageVisit, chain_id: FromPath[UUID], key_id: FromPath[UUID]) -> Response[Any]:
    """Save the names, and the material where some was given."""
    form = await visit.form()
    key = await connector_keys.get_encryption_key(visit.session, visit.actor, chain_id, key_id)
    try:
        material = await read_material(visit, form)
        change = EncryptionKeyChange(
            label=form.get("label", ""),
            internal_name=form.get("internal_name", "").strip() if form.get("edit_internal_name") else None,
            material=material,
            # A passphrase alone is for the key that there is.
            passphrase=form.get("passphrase") or None,
            version=parse_number(form.get("version", "")),
        )
        await connector_keys.update_encryption_key(visit.session, visit.actor, key, change, keys=visit.resources.keys)
    except (InvalidError, ConflictError) as error:
        return await show_edit(visit, chain_id, key_id, form, faults_of(error))
    return visit.go(path_of(key), notice="key_saved")


@post(f"{ONE}/delete", permission="encryption-keys:admin", fresh=True)
async def delete_encryption_key(visit: PageVisit, chain_id: FromPath[UUID], key_id: FromPath[UUID]) -> Response[Any]:
    """Ask, then delete; while something uses the key, say what does."""
    details = await read_details(visit, chain_id, key_id)
    if (await visit.form()).get("confirmed") != "yes":
        return visit.page("integrations/templates/encryption_key_delete.html", **details)
    try:
        await connector_keys.delete_encryption_key(visit.session, visit.actor, chain_id, key_id)
    except ConflictError as error:
        return visit.page(
            "integrations/templates/encryption_key.html", status=409, **{**details, "refused": error.message}
        )
    return visit.go(PATH, notice="key_deleted")


async def read_list(
    visit: Visit, typed: Mapping[str, str] | None = None, faults: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what the list shows."""
    given = visit.request.query_params
    search, sort = given.get("q", "").strip(), given.get("sort", "label")
    page = await connector_keys.list_encryption_keys(
        visit.session,
        visit.actor,
        chain_id=visit.chain.id,
        search=search,
        sort=sort,
        number=page_number(visit),
    )
    return {
        "page": page,
        "search": search,
        "sort": sort,
        "path": PATH,
        "types": TYPES,
        "typed": typed or {},
        "line_faults": faults or {},
    }


async def read_details(visit: Visit, chain_id: UUID, key_id: UUID) -> dict[str, Any]:
    """Return what a key's page shows."""
    key = await connector_keys.get_encryption_key(visit.session, visit.actor, chain_id, key_id)
    users = await connector_keys.list_key_users(visit.session, visit.actor, key)
    return {"key": key, "users": users, "list_path": PATH, "refused": None}


async def show_new(
    visit: Visit, chain_id: UUID, typed: Mapping[str, str], faults: Mapping[str, str] | None = None
) -> Response[Any]:
    """Show the pop-up for a new key over the list; secrets that were typed are not sent back."""
    values = {**await read_list(visit), "typed": without_secrets(typed), "faults": faults or {}, "labels": LABELS}
    status = 422 if faults else 200
    return visit.page("integrations/templates/encryption_key_new.html", status=status, chain_id=chain_id, **values)


async def show_edit(
    visit: Visit, chain_id: UUID, key_id: UUID, typed: Mapping[str, str], faults: Mapping[str, str]
) -> Response[Any]:
    """Show the pop-up of a key over its page."""
    details = await read_details(visit, chain_id, key_id)
    values = {**details, "typed": without_secrets(typed), "faults": faults, "labels": LABELS}
    return visit.page("integrations/templates/encryption_key_edit.html", status=422 if faults else 200, **values)


async def read_material(visit: Visit, form: Mapping[str, str]) -> str | None:
    """Return the key that was uploaded, else the one that was pasted; None where there is neither."""
    sent = (await visit.request.form()).get("file")
    if isinstance(sent, UploadFile) and sent.filename:
        # A byte that is no text is none of a key either: what it was turned into is refused as such.
        found = (await sent.read(MOST_BYTES)).decode("utf-8-sig", "replace")
    else:
        found = form.get("material", "")
    return found.replace("\r\n", "\n") if found.strip() else None


def without_secrets(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed but for key and passphrase."""
    return {name: value for name, value in typed.items() if name not in ("material", "passphrase")}


def path_of(key: EncryptionKey) -> str:
    """Return the address of a key's page."""
    return f"{PATH}/{key.chain_id}/{key.id}"
