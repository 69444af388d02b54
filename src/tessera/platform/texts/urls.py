"""What counts as the address of a web page."""

import re

# No blanks, line breaks or quotes: a page shows the address as a link, and a file as one field of a line.
ADDRESS = re.compile(r"https?://[^\s/?#<>\"]+([/?#][^\s<>\"]*)?", re.IGNORECASE)
# The way people write down a website.
BARE = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?([/?#][^\s<>\"]*)?")


def is_url(text: str) -> bool:
    """Say whether the text is an address that begins with `http://` or `https://`."""
    return ADDRESS.fullmatch(text) is not None


def is_website(text: str) -> bool:
    """Say whether the text is such an address, or one without its beginning, such as `www.example.com`."""
    return is_url(text) or BARE.fullmatch(text) is not None
