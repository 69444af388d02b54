"""The form kit: what was sent, read as typed values; what was typed, to show again; faults beside their fields.

No page reads a request's form by itself. A reading method notes what does not fit at its field and returns None
meanwhile; `check` raises with all faults at once.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from litestar.datastructures import UploadFile

from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError, TesseraError
from tessera.platform.ids import parse_id
from tessera.web.numbers import parse_number
from tessera.web.statuses import status_of

WHOLE = ""
LONGEST_TEXT = 255
FURTHEST = 2**31 - 1
UNTICKED = ("", "false")
# Errors that a form shows beside its fields; a thing that does not exist is a page of its own.
SHOWN_IN_FORMS = (InvalidError, ConflictError, DeniedError)
UNKNOWN_CHOICE = "Choose one of the list."


class FormInvalidError(InvalidError):
    """Some fields of a form cannot be read; `faults` maps each to what is wrong with it."""

    code = "form_invalid"


@dataclass(frozen=True)
class Form:
    """The fields of a form in order, repeated ones as often as they came. Browsers' line breaks count one character."""

    fields: Sequence[tuple[str, str]] = ()
    files: Mapping[str, UploadFile] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, str], rows: Sequence[Mapping[str, str]] = ()) -> "Form":
        """Return the form of stored values, and of rows whose fields repeat."""
        repeated = (pair for row in rows for pair in row.items())
        return cls([*values.items(), *repeated])

    @cached_property
    def typed(self) -> dict[str, str]:
        """The fields by name, to be shown again; of a repeated one the last."""
        return dict(self.fields)

    @cached_property
    def version(self) -> int | None:
        """The version of what the form was made from; None where the form names none."""
        return parse_number(self.get("version"))

    def __contains__(self, name: str) -> bool:
        return name in self.typed

    def __iter__(self) -> Iterator[str]:
        return iter(self.typed)

    def get(self, name: str, default: str = "") -> str:
        """Return a field as it was typed."""
        return self.typed.get(name, default)

    def repeated(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for key, value in self.fields if key == name]

    def rows(self, *names: str) -> list[tuple[str, ...]]:
        """Return repeated rows: one tuple for each row, with its fields in the order of the names."""
        return list(zip(*(self.repeated(name) for name in names), strict=False))

    def numbered_rows(self, name: str, columns: Collection[str]) -> list[dict[str, str]]:
        """Return the rows whose fields are called `name-3-column`, by their numbers; a missing field is left out."""
        pattern = re.compile(rf"{re.escape(name)}-(\d{{1,4}})-({'|'.join(map(re.escape, columns))})", re.ASCII)
        found: dict[int, dict[str, str]] = {}
        for field_name, value in self.fields:
            if match := pattern.fullmatch(field_name):
                found.setdefault(int(match[1]), {})[match[2]] = value
        return [found[number] for number in sorted(found)]

    def without(self, *names: str) -> "Form":
        """Return the form without some fields: secrets are never shown again."""
        return Form([(name, value) for name, value in self.fields if name not in names], self.files, self.faults)

    def text(self, name: str, *, required: bool = False, longest: int = LONGEST_TEXT) -> str | None:
        """Return a text without blanks around it; None where it is empty."""
        text = self.get(name).strip()
        if required and not text:
            self.fault(name, "Required.")
        elif len(text) > longest:
            self.fault(name, f"Longer than {longest:,} characters. Shorten it.")
        elif not text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
            self.fault(name, "It contains characters that cannot be stored. Type it again.")
        return None if name in self.faults else text or None

    def whole(self, name: str, *, least: int = -FURTHEST, most: int = FURTHEST, required: bool = False) -> int | None:
        """Return a whole number; None where the field is empty."""
        text = self.get(name).strip().replace(",", "")
        if not text:
            if required:
                self.fault(name, "Required.")
            return None
        size = parse_number(text.removeprefix("-").removeprefix("+"), largest=max(abs(least), abs(most)))
        number = -size if size is not None and text.startswith("-") else size
        if number is None or not least <= number <= most:
            self.fault(name, f"Enter a whole number from {least:,} to {most:,}.")
            return None
        return number

    def day(self, name: str, *, years: Collection[int] = range(1, 10_000)) -> date | None:
        """Return a day; None where the field is empty."""
        text = self.get(name).strip()
        if not text:
            return None
        try:
            found = date.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.year not in years:
            self.fault(name, "Enter a date as YYYY-MM-DD.")
            return None
        return found

    def moment(self, name: str) -> datetime | None:
        """Return a moment, read in UTC; None where the field is empty."""
        text = self.get(name).strip()
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self.fault(name, "Enter date and time as YYYY-MM-DDTHH:MM, in UTC.")
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found

    def wall_time(self, name: str, *, required: bool = False) -> datetime | None:
        """Return date and time as a clock on the wall shows them, without a zone; None where the field is empty."""
        text = self.get(name).strip()
        try:
            found = datetime.fromisoformat(text) if text else None
        except ValueError:
            found = None
        if (text or required) and (found is None or found.tzinfo is not None or "T" not in text.upper()):
            self.fault(name, "Enter date and time as YYYY-MM-DDTHH:MM." if text else "Required.")
            return None
        return found

    def days(self, name: str) -> list[date]:
        """Return the days of a repeated field, in order and once each; empty rows are none."""
        found = set()
        for text in filter(None, map(str.strip, self.repeated(name))):
            try:
                found.add(date.fromisoformat(text))
            except ValueError:
                self.fault(name, f"{text[:20]!r} is no date. Enter it as YYYY-MM-DD.")
        return sorted(found)

    def spelled(self, name: str, expected: str) -> bool:
        """Say whether the name of what is to go was typed, as a dangerous act asks for."""
        if self.get(name).strip() != expected:
            self.fault(name, f"Type {expected} to confirm.")
        return name not in self.faults

    def choice(self, name: str, allowed: Collection[str], *, required: bool = False) -> str | None:
        """Return one of the allowed words; None where the field is empty."""
        text = self.get(name)
        if (text or required) and text not in allowed:
            self.fault(name, UNKNOWN_CHOICE if text else "Required.")
            return None
        return text or None

    def id(self, name: str, *, required: bool = False) -> UUID | None:
        """Return the id of a thing chosen from a list; None where the field is empty."""
        text = self.get(name)
        found = parse_id(text) if text else None
        if (text or required) and found is None:
            self.fault(name, UNKNOWN_CHOICE)
        return found

    def ids(self, name: str) -> frozenset[UUID]:
        """Return the ids that were ticked."""
        for text in self.repeated(name):
            if parse_id(text) is None:
                self.fault(name, f"{text[:50]!r} is not among the choices. Choose again.")
        return self.known_ids(name)

    def known_ids(self, name: str) -> frozenset[UUID]:
        """Return what can be an id among what was ticked, to show the form again."""
        return frozenset(found for text in self.repeated(name) if (found := parse_id(text)) is not None)

    def ticked(self, name: str) -> bool:
        """Say whether a box is ticked."""
        return self.get(name) not in UNTICKED

    def fault(self, name: str, message: str) -> None:
        """Note what is wrong with a field; the first fault of a field stays."""
        self.faults.setdefault(name, message)

    def check(self) -> None:
        """Raise where a field does not fit."""
        if self.faults:
            raise FormInvalidError(" ".join(self.faults.values()), faults=self.faults)


def make_form(sent: Collection[tuple[str, Any]]) -> Form:
    """Return the form of what a browser sent."""
    fields = [(name, value.replace("\r\n", "\n")) for name, value in sent if isinstance(value, str)]
    files = {name: value for name, value in sent if isinstance(value, UploadFile) and value.filename}
    return Form(fields, files)


def faults_of(error: TesseraError) -> dict[str, str]:
    """Return what is wrong by the name of the field; `WHOLE` where it is no single field's fault."""
    faults = error.details.get("faults")
    if isinstance(faults, Mapping) and faults:
        return {str(name): str(fault) for name, fault in faults.items()}
    field_name = error.details.get("field") or WHOLE
    return {str(field_name): error.message}


def form_status(error: TesseraError | None) -> int:
    """Return the status of a page that shows a form again; something chosen that no longer exists is its fault."""
    if error is None:
        return 200
    return 422 if isinstance(error, NotFoundError) else status_of(error)


def shown(error: TesseraError | None) -> dict[str, Any]:
    """Return status and faults of a page that shows a form, refused with this error or not sent yet."""
    return {"status": form_status(error), "faults": {} if error is None else faults_of(error)}
