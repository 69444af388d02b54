"""What a user's phone does: make codes of the key that it was shown."""

import re
from datetime import datetime

import pyotp

KEY = re.compile(r"<code[^>]*>([A-Z2-7 ]{32,})</code>")


def read_key(page: str) -> str:
    """Return the key that the page shows as text."""
    found = KEY.search(page)
    assert found is not None, page
    return found[1].replace(" ", "")


def code_at(key: str, moment: datetime) -> str:
    """Return the code that the phone shows at this moment."""
    return pyotp.TOTP(key).at(moment)
