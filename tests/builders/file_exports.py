"""Exports as files, to a counterpart that keeps them or to be fetched."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tests.builders.file_servers import Counterpart
from tests.builders.house import ACTOR, SmallHouse, create_owner

from tessera import connectors, exports, queries
from tessera.connectors import NewProfile, address_policy
from tessera.connectors.keys import NewEncryptionKey, create_encryption_key
from tessera.exports import Definition, Gates, NewDefinition, Selection, log
from tessera.exports.log import RunFile
from tessera.platform.clock import now
from tessera.queries import NewQuery

QUERY = "SELECT membership_number AS number, balance, last_name AS name FROM members ORDER BY membership_number"
# The same on every run, so that a test can say what the file is called.
PATTERN = "members_{seq:3}"


async def create_key(house: SmallHouse, chain_id: UUID, kind: str, material: str, label: str) -> UUID:
    """Save an encryption key; return its id."""
    async with house.database.session() as session:
        made = await create_encryption_key(
            session, ACTOR, chain_id=chain_id, new=NewEncryptionKey(kind, label, material), keys=house.resources.keys
        )
    return made.id


async def create_file_profile(house: SmallHouse, chain_id: UUID, counterpart: Counterpart, **changed: Any) -> UUID:
    """Save a profile that leads to the counterpart; return its id."""
    settings = {**counterpart.settings, **counterpart.secrets, **changed}
    for name, key in counterpart.keys.items():
        settings[name] = str(await create_key(house, chain_id, key.type, key.material, key.label))
    async with house.database.session() as session:
        profile = await connectors.create_profile(
            session,
            ACTOR,
            chain_id=chain_id,
            new=NewProfile(counterpart.kind, "standard", "Shelf", settings=settings),
            keys=house.resources.keys,
            policy=address_policy(house.resources.settings),
        )
    return profile.id


async def create_file_export(
    house: SmallHouse,
    chain_id: UUID,
    profile_id: UUID | None,
    settings: dict[str, Any] | None = None,
    *,
    query: str = QUERY,
    keys: Sequence[str] = ("number",),
    selection: Selection | None = None,
    shards: int = 1,
) -> Definition:
    """Create a query and a definition whose runs leave as files."""
    async with house.database.session() as session:
        saved = await queries.create_query(
            session, ACTOR, house.engine, chain_id=chain_id, new=NewQuery("Members", query, key_columns=tuple(keys))
        )
        return await exports.create_definition(
            session,
            ACTOR,
            chain_id=chain_id,
            new=NewDefinition(
                "Members out",
                saved.id,
                profile_id=profile_id,
                kind="files",
                settings={"name_pattern": PATTERN, **(settings or {})},
                selection=selection or Selection(),
                gates=Gates(),
                shards=shards,
                owner=await create_owner(house, session, chain_id),
            ),
            keys=house.resources.keys,
            now=now(),
        )


async def read_file(house: SmallHouse, run_id: UUID) -> RunFile:
    """Return what became of a run's file."""
    async with house.database.session() as session:
        found = await log.find_run_file(session, ACTOR, run_id=run_id)
    assert found is not None
    return found


async def moments_of(house: SmallHouse, run_id: UUID) -> list[str]:
    """Return the kinds of the run's time line."""
    async with house.database.session() as session:
        return [moment.kind for moment in await log.list_moments(session, ACTOR, run_id)]


def shelf_of(counterpart: Counterpart) -> dict[str, bytes]:
    """Return every file that lies in the counterpart's folder, hidden ones too."""
    folder = counterpart.folder
    assert folder is not None
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def rows_of(count: int) -> bytes:
    """Return the file of so many members as CSV."""
    return b"number,balance,name\n" + b"".join(f"{n:06},{n},O'Neil {n}\n".encode() for n in range(count))
