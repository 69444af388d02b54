"""What names and paths of files may hold, wherever they are stored. Pure."""

import unicodedata

LONGEST_PATH = 900
LONGEST_PART = 255
WRITING = ".part"
"""What the name of a file ends in while it is being written."""


def fault_of(path: str) -> str | None:
    """Return what makes a path unfit, if anything does."""
    parts = path.split("/")
    if ".." in parts:
        return "“..” leads out of the root path. Write the path without it."
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in path):
        return "Line breaks and control characters are in no name. Take them out."
    if len(path.encode("utf-8", "surrogatepass")) > LONGEST_PATH:
        return f"A path has at most {LONGEST_PATH} bytes. Shorten it."
    if any(len(part.encode("utf-8", "surrogatepass")) > LONGEST_PART for part in parts):
        return f"A folder or file name has at most {LONGEST_PART} bytes. Shorten it."
    return None
