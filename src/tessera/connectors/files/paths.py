"""Names of files and root paths: joined as POSIX does, never leading out of the root. Pure."""

from tessera.connectors.files.errors import FileNameInvalidError
from tessera.platform.formats import WRITING, fault_of


def clean_root(text: str) -> str:
    """Return a root path as it is stored, or raise ValueError; a leading slash stays, because it may mean something."""
    text = text.strip()
    fault = fault_of(text.strip("/"))
    if fault:
        raise ValueError(fault)
    lead = "/" if text.startswith("/") else ""
    return lead + "/".join(part for part in text.split("/") if part not in ("", "."))


def check_name(name: str) -> str:
    """Return the name of a file, or refuse it."""
    fault = "A file needs a name." if not name.strip("/") else fault_of(name)
    if not fault and (name.startswith("/") or name.endswith("/") or "" in name.split("/") or "." in name.split("/")):
        fault = "A name has one slash between folders, none at its ends, and no folder “.”."
    if not fault and name.endswith(WRITING):
        fault = f"Names that end in {WRITING} are those of files that are being written."
    if fault:
        raise FileNameInvalidError(f"The file name {name[:100]!r} cannot be used. {fault}", field="name")
    return name


def check_prefix(prefix: str) -> str:
    """Return a folder below the root without slashes at its ends, "" for the root itself."""
    return check_name(prefix.strip("/")) if prefix.strip("/") else ""


def join(root: str, name: str) -> str:
    """Return the path of a name below a root."""
    return f"{root.rstrip('/')}/{name}" if root and name else (root or name)


def relative(root: str, path: str) -> str:
    """Return the name that a path below a root has."""
    lead = root.rstrip("/") + "/" if root else ""
    return path.removeprefix(lead)
