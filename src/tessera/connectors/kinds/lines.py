"""Texts that go into a protocol as they are: one line, without control characters. Pure."""

import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def clean_line(text: str) -> str:
    """Refuse control characters, which end a line or a field early."""
    if CONTROL.search(text):
        raise ValueError("Line breaks and control characters cannot be sent. Take them out.")
    return text
