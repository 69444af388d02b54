"""The demo's own folder and settings, so that it never touches what a deployment holds."""

import json
import os
import shlex
import shutil
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

import typer

from tessera.platform.embedded import EmbeddedServer, make_data_folder, server_account
from tessera.platform.errors import ConflictError
from tessera.platform.settings import Settings, default_data_dir, load_settings

OWN_ADDRESS = "127.0.0.1/32"
NOTE = "demo.json"
SHOWN = "shown"


class DemoFolderError(ConflictError):
    """The folder holds something that the demo did not make."""

    code = "demo_folder_taken"


@dataclass(frozen=True, slots=True)
class DemoNote:
    """What a demo left behind, so that `tessera up --demo` can show it."""

    chain_id: str
    profile_id: str
    rows: int
    seed: int


def load_demo_settings() -> Settings:
    """Return the demo's settings, and set them for the processes that it starts too.

    The data folder is one of its own unless TESSERA_DATA_DIR names one; the request limit is off, because a load is
    not anyone's traffic; the demo's own receiver may be called, which is a private address and no https.
    """
    default = default_data_dir()
    os.environ.setdefault("TESSERA_DATA_DIR", str(default.with_name(f"{default.name}-demo")))
    os.environ["TESSERA_CONNECTOR_REQUEST_LIMIT"] = "0"
    os.environ["TESSERA_ALLOW_INSECURE_HTTP"] = "true"
    networks = os.environ.get("TESSERA_ALLOWED_NETWORKS", "")
    os.environ["TESSERA_ALLOWED_NETWORKS"] = ",".join(part for part in (networks, OWN_ADDRESS) if part)
    return load_settings()


def read_note(settings: Settings) -> DemoNote | None:
    """Return what the last demo left in the folder, None where there is none."""
    try:
        return DemoNote(**json.loads((settings.data_dir / NOTE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_note(settings: Settings, note: DemoNote) -> None:
    """Leave word of what was made, whole or not at all."""
    path = settings.data_dir / NOTE
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(asdict(note)), encoding="utf-8")
    draft.replace(path)


def clear_folder(settings: Settings) -> None:
    """Make room for a demo: remove what a former one made; what was shown since, and maybe changed, is set aside."""
    folder = settings.data_dir
    if settings.database_url is not None or not folder.exists():
        return
    if EmbeddedServer(folder).pid is not None:
        raise DemoFolderError(
            f"Tessera is running on the demo's folder {folder}. Stop it (Ctrl-C where it runs), and run the demo again."
        )
    check_ours(settings)
    if (folder / SHOWN).exists():
        set_aside(folder)
        return
    for made in ("postgresql", "keys"):
        shutil.rmtree(folder / made, ignore_errors=True)
    (folder / NOTE).unlink(missing_ok=True)


def prepare_folder(settings: Settings) -> None:
    """Make the folder ready to show what is in it; what a demo left that was broken off is removed."""
    if read_note(settings) is None:
        clear_folder(settings)
    check_ours(settings)
    mark_folder(settings)


def set_aside(folder: Path) -> None:
    """Give the folder another name: people made things in it, which are theirs to remove."""
    numbered = (folder.with_name(f"{folder.name}-{number}") for number in count(1))
    kept = next(path for path in numbered if not path.exists())
    folder.rename(kept)
    typer.echo(f"What `make run` showed is kept in {kept}. Show it: TESSERA_DATA_DIR={shlex.quote(str(kept))} make run")


def mark_shown(settings: Settings) -> None:
    """Note that people see the folder's data in pages, and may add to them."""
    (settings.data_dir / SHOWN).touch(mode=0o600)


def check_ours(settings: Settings) -> None:
    """Raise if the folder holds a database that the demo did not make: real data must not end up beside its tokens."""
    folder = settings.data_dir
    if settings.database_url is None and (folder / "postgresql").exists() and not (folder / NOTE).exists():
        raise DemoFolderError(
            f"{folder} holds a database that the demo did not make. "
            "Set TESSERA_DATA_DIR to another folder, or unset it, and the demo makes its own."
        )


def mark_folder(settings: Settings) -> None:
    """Make the folder and mark it as the demo's, so that a demo that was broken off can be replaced as well."""
    make_data_folder(settings.data_dir, server_account(settings.data_dir / "postgresql" / "data"))
    (settings.data_dir / NOTE).touch(mode=0o600)
