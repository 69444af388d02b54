"""The kind as exports know it: what its definitions need, checked before anything is saved or run."""

from collections.abc import Mapping, Sequence
from typing import Any, Never
from uuid import UUID

from tessera import connectors
from tessera.connectors import Profile, clean_plain_settings
from tessera.connectors.contract import OpenedKey, Property
from tessera.connectors.keys import open_keys, resolve_keys, wanted_type
from tessera.exports.contract import Checking, Destination, ExportKind, LoneDestination, Shipment
from tessera.exports.errors import DefinitionInvalidError
from tessera.exports.kinds.files.delivery import FileDelivery
from tessera.exports.kinds.files.document import FileDocument, write_document
from tessera.exports.kinds.files.preview import preview_file
from tessera.exports.kinds.files.settings import (
    RECIPIENT,
    SECOND_RECIPIENT,
    SIGNING_KEY,
    list_properties,
    make_options,
)
from tessera.exports.results import RunResult
from tessera.platform.assets import SettingsInvalidError, Target
from tessera.platform.clock import now
from tessera.platform.files import EncryptionRefusedError, SigningKey, check_recipient, check_signer
from tessera.platform.formats import FileColumn, FileOptions, FileOptionsInvalidError, check_options

KEY_SETTINGS = (RECIPIENT, SECOND_RECIPIENT, SIGNING_KEY)


async def check(checking: Checking) -> Destination:
    """Return the destination: a profile that keeps files, or this deployment itself, where people fetch the file."""
    refuse_parts(checking)
    profile = await find_profile(checking)
    connector = None if profile is None else profile.type
    properties = list_properties(connector)
    settings = clean_plain_settings(properties, checking.settings)
    keys = await check_keys(checking, properties, settings)
    settings = {**settings, **{name: str(key.id) for name, key in keys.items()}}
    options = make_options(settings)
    columns, positions = choose_columns(checking, settings, options)
    document = FileDocument(
        options=options,
        columns=columns,
        positions=positions,
        folder=settings.get("folder", ""),
        time_zone=settings["time_zone"],
        connector=connector,
        recipients=tuple(keys[name].id for name in (RECIPIENT, SECOND_RECIPIENT) if name in keys),
        signing_key=keys[SIGNING_KEY].id if SIGNING_KEY in keys else None,
    )
    targets = [Target("encryption_key", key_id) for key_id in {key.id: None for key in keys.values()}]
    if profile is not None:
        targets.append(Target("connection_profile", profile.id))
    return Destination(
        settings=settings,
        targets=targets,
        document=write_document(document),
        profile_id=profile.id if profile else None,
        profile=profile.internal_name if profile else None,
        profile_version=profile.version if profile else None,
    )


def refuse_parts(checking: Checking) -> None:
    """Refuse what belongs to other kinds."""
    if checking.template_id is not None:
        raise DefinitionInvalidError(
            "A file is not shaped by a template. Take the HTTP Operation away, or choose HTTP requests.",
            field="template",
        )
    if checking.shards > 1:
        raise DefinitionInvalidError(
            "All rows of a run go into one file, written by one worker. Set shards to 1.", field="shards"
        )


async def find_profile(checking: Checking) -> Profile | None:
    """Return the profile, which has to be enabled and of a type that keeps files; None where the file is fetched."""
    if checking.profile_id is None:
        return None
    profile = await connectors.get_profile(checking.session, checking.actor, checking.chain_id, checking.profile_id)
    connectors.check_usable(profile)
    return profile


async def check_keys(
    checking: Checking, properties: Sequence[Property], settings: Mapping[str, Any]
) -> dict[str, OpenedKey]:
    """Return the encryption keys that the settings name, by setting, after each was tried."""
    if not settings[RECIPIENT]:
        for name in (SECOND_RECIPIENT, SIGNING_KEY):
            if settings[name]:
                refuse(
                    {name: "The file is not encrypted. Choose the key of the receiver first, or take this one away."}
                )
    named = [
        (each, kind, str(settings[each.key]))
        for each in properties
        if settings[each.key] and (kind := wanted_type(each)) is not None
    ]
    if not named:
        return {}
    ids, faults = await resolve_keys(checking.session, checking.chain_id, named)
    if faults:
        refuse(faults)
    wanted = {name: UUID(key_id) for name, key_id in ids.items()}
    opened = await open_keys(checking.session, checking.chain_id, wanted, keys=checking.keys)
    faults = {name: fault for name, key in opened.items() if (fault := find_key_fault(name, key))}
    if faults:
        refuse(faults)
    return opened


def find_key_fault(name: str, key: OpenedKey) -> str | None:
    """Return why a key cannot be used for what the setting says."""
    try:
        if name == SIGNING_KEY:
            check_signer(SigningKey(key.material, key.passphrase), now())
        else:
            check_recipient(key.material, now())
    except EncryptionRefusedError as error:
        return f"{key.label}: {error.message}"
    return None


def choose_columns(
    checking: Checking, settings: Mapping[str, Any], options: FileOptions
) -> tuple[tuple[FileColumn, ...], tuple[int, ...] | None]:
    """Return the columns of the file, and where in a row they stand; refuse options that do not fit them."""
    every = [FileColumn(column.name, str(column.type)) for column in checking.columns]
    columns, positions = every, None
    if settings["columns"]:
        names = [column.name for column in every]
        wanted = [each["column"] for each in settings["columns"]]
        unknown = [name for name in wanted if name not in names]
        if unknown:
            refuse(
                {
                    "columns": f"The query {checking.query.label} has no column {unknown[0][:100]}. It has: "
                    f"{', '.join(names)}."
                }
            )
        positions = tuple(names.index(name) for name in wanted)
        columns = [every[position] for position in positions]
    try:
        check_options(options, columns)
    except FileOptionsInvalidError as error:
        faults: Mapping[str, str] = error.details["faults"]  # type: ignore[assignment]
        refuse({"columns" if name == "titles" else name: fault for name, fault in faults.items()})
    return tuple(columns), positions


def refuse(faults: Mapping[str, str]) -> Never:
    """Say what is wrong with which setting."""
    raise SettingsInvalidError(
        " ".join(faults.values()), faults={f"settings.{name}": fault for name, fault in faults.items()}
    )


async def deliver(shipment: Shipment) -> RunResult:
    """Write the file and bring it where it goes to, or go on where another worker left it."""
    return await FileDelivery(shipment).run()


FILES = ExportKind(
    "files",
    "Files",
    list_properties,
    check,
    deliver,
    lone=LoneDestination("download", "Download"),
    preview=preview_file,
    preview_label="How the file begins",
    takes_shards=False,
    delivers_nothing=True,
)
