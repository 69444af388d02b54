"""Typed values from the fields of a form; whatever does not fit is told of at its field, all of it at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from tessera.platform.errors import InvalidError
from tessera.platform.ids import parse_id
from tessera.web.numbers import parse_number

LONGEST_TEXT = 255
FURTHEST = 2**31 - 1


class InputError(InvalidError):
    """Some fields of a form cannot be read; `faults` maps each to what is wrong with it."""

    code = "input_invalid"


@dataclass
class Inputs:
    """Reads a form's fields; `check` raises once all were read. A field that does not fit reads as None meanwhile."""

    form: Mapping[str, str]
    faults: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, *, required: bool = False, longest: int = LONGEST_TEXT) -> str | None:
        """Return a text without blanks around it; None where it is empty."""
        text = self.form.get(name, "").strip()
        if required and not text:
            self.faults[name] = "Required."
        elif len(text) > longest:
            self.faults[name] = f"Longer than {longest:,} characters. Shorten it."
        elif not text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
            self.faults[name] = "It holds characters that cannot be stored. Type it anew."
        return None if name in self.faults else text or None

    def whole(self, name: str, *, least: int = -FURTHEST, most: int = FURTHEST) -> int | None:
        """Return a whole number; None where the field is empty."""
        text = self.form.get(name, "").strip().replace(",", "")
        if not text:
            return None
        size = parse_number(text.removeprefix("-").removeprefix("+"), largest=max(abs(least), abs(most)))
        number = -size if size is not None and text.startswith("-") else size
        if number is None or not least <= number <= most:
            self.faults[name] = f"Give a whole number from {least:,} to {most:,}."
            return None
        return number

    def day(self, name: str) -> date | None:
        """Return a day; None where the field is empty."""
        text = self.form.get(name, "").strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.faults[name] = "Give a day as YYYY-MM-DD."
            return None

    def moment(self, name: str) -> datetime | None:
        """Return a moment, read in UTC; None where the field is empty."""
        text = self.form.get(name, "").strip()
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self.faults[name] = "Give a moment as YYYY-MM-DDTHH:MM, in UTC."
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """Return one of the allowed words; None where the field is empty."""
        text = self.form.get(name, "")
        if text and text not in allowed:
            self.faults[name] = "Choose one of the list."
            return None
        return text or None

    def id(self, name: str, *, required: bool = False) -> UUID | None:
        """Return the id of a thing chosen from a list; None where the field is empty."""
        text = self.form.get(name, "")
        found = parse_id(text) if text else None
        if (text or required) and found is None:
            self.faults[name] = "Choose one of the list."
        return found

    def flag(self, name: str) -> bool:
        """Return whether a box is ticked."""
        return self.form.get(name) == "true"

    def check(self) -> None:
        """Raise where a field does not fit."""
        if self.faults:
            raise InputError(" ".join(self.faults.values()), faults=self.faults)
