"""Encryption keys as files describe them: everything but their material."""

from collections.abc import Sequence

from tessera import connectors
from tessera.configuration.changes import CHANGED_SECRET
from tessera.configuration.errors import SecretMissingError
from tessera.configuration.kinds.handlers import PAGE, Handler, Known, Plain, read_all
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import KEPT, KeySpec
from tessera.connectors import keys as connector_keys
from tessera.connectors.keys import EncryptionKey, EncryptionKeyChange, NewEncryptionKey


async def list_known(scope: Scope) -> Sequence[Known]:
    """Return the chain's keys."""
    found = await read_all(
        lambda number: connector_keys.list_encryption_keys(
            scope.session, scope.actor, chain_id=scope.chain_id, number=number, size=PAGE
        )
    )
    return [Known(key.internal_name, describe(key), key) for key in found]


def describe(key: EncryptionKey) -> Plain:
    """Return the key as a file describes it."""
    plain: Plain = {"label": key.label, "type": key.type.value, "material": KEPT}
    return {**plain, "passphrase": KEPT} if key.has_passphrase else plain


async def normalise(scope: Scope, _name: str, spec: KeySpec, known: Known | None) -> Plain:
    """Return the spec in the form that is compared; material that would change is masked."""
    plain: Plain = {"label": spec.label.strip(), "type": spec.type, "material": KEPT}
    material, passphrase = read_material(scope, spec)
    if known is not None and known.thing.has_passphrase:
        plain["passphrase"] = KEPT
    if material is None or (known is not None and await is_held(scope, known, material, passphrase)):
        return plain
    return {**plain, "material": CHANGED_SECRET}


def read_material(scope: Scope, spec: KeySpec) -> tuple[str | None, str | None]:
    """Return material and passphrase as the spec brings them."""
    return scope.read_secret(spec.material), None if spec.passphrase is None else scope.read_secret(spec.passphrase)


async def is_held(scope: Scope, known: Known, material: str, passphrase: str | None) -> bool:
    """Say whether the key has this material already."""
    return await connectors.holds_material(
        scope.session,
        scope.actor,
        scope.chain_id,
        known.thing.id,
        material=material,
        passphrase=passphrase,
        keys=scope.keys,
    )


async def put(scope: Scope, name: str, spec: KeySpec, known: Known | None) -> None:
    """Store the key; a new one cannot do without its material."""
    material, passphrase = read_material(scope, spec)
    session, actor, chain_id = scope.session, scope.actor, scope.chain_id
    if known is None:
        if material is None:
            raise SecretMissingError('A new encryption key needs its material: {"env": NAME} or {"file": PATH}.')
        new = NewEncryptionKey(spec.type, spec.label, material, passphrase, name)
        await connector_keys.create_encryption_key(session, actor, chain_id=chain_id, new=new, keys=scope.keys)
        return
    if material is not None and await is_held(scope, known, material, passphrase):
        material, passphrase = None, None
    change = EncryptionKeyChange(label=spec.label, internal_name=name, material=material, passphrase=passphrase)
    await connector_keys.update_encryption_key(session, actor, known.thing, change, keys=scope.keys)


async def remove(scope: Scope, known: Known) -> None:
    """Delete the key."""
    await connector_keys.delete_encryption_key(scope.session, scope.actor, scope.chain_id, known.thing.id)


HANDLER = Handler(list_known, normalise, put, remove)
