"""The built styles and scripts, by the names the build gave them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tessera.platform.errors import UnavailableError

FOLDER = Path(__file__).parent / "static"
ENTRY = "src/main.js"


class AssetsMissingError(UnavailableError):
    """The front end was not built."""

    code = "assets_missing"


@dataclass(frozen=True, slots=True)
class Assets:
    """Addresses of what every page loads."""

    script: str
    styles: tuple[str, ...]


@cache
def load_assets(folder: Path = FOLDER) -> Assets:
    """Read the build's manifest."""
    try:
        manifest: dict[str, Any] = msgspec.json.decode((folder / "manifest.json").read_bytes())
    except FileNotFoundError:
        raise AssetsMissingError(
            "The pages' styles and scripts were not built. Install the package again: pip install -e ."
        ) from None
    entry = manifest[ENTRY]
    return Assets(f"/static/{entry['file']}", tuple(f"/static/{name}" for name in entry.get("css", ())))
