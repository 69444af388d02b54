"""The member attributes that messages can set: one list for the checks, the mapping and the reference. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tessera.platform.texts import LONGEST_NOTES, LONGEST_TEXT

LONGEST_EMAIL = 254
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
COUNTRY = re.compile(r"[A-Z]{2}")
SUBDIVISION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
TITLES = {"mr": "Mister", "mister": "Mister", "miss": "Miss", "mrs": "Misses", "misses": "Misses"}
SEXES = {"m": "Male", "male": "Male", "f": "Female", "female": "Female"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One member attribute. `read` turns what was sent into what is stored, or raises ValueError with what is wrong.

    `field` is its place in an account, `line` its place in the account's address. Members are looked up by a unique
    one only. What is `kept` is never emptied.
    """

    name: str
    kind: str
    meaning: str
    read: Callable[[Any], Any]
    field: str = ""
    line: str = ""
    unique: bool = False
    kept: bool = False


def read_text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Return a text; numbers and booleans are spelled out."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        raise ValueError("not a text")  # noqa: TRY004 - reported like any other fault
    text = str(value).strip()
    if len(text) > longest:
        raise ValueError(f"longer than {longest:,} characters")
    if "\x00" in text:
        raise ValueError("holds a null character")
    return text


def read_notes(value: Any) -> str:
    """Return a long text."""
    return read_text(value, LONGEST_NOTES)


def read_email(value: Any) -> str:
    """Return an e-mail address."""
    text = read_text(value, LONGEST_EMAIL)
    if not EMAIL.fullmatch(text):
        raise ValueError("not an e-mail address")
    return text


def read_date(value: Any) -> date:
    """Return the day of a date or moment in ISO form."""
    text = read_text(value)
    try:
        return date.fromisoformat(text) if len(text) == len("2000-01-01") else datetime.fromisoformat(text).date()
    except ValueError:
        raise ValueError("not a date like 1990-12-31") from None


def choice(words: dict[str, str]) -> Callable[[Any], str]:
    """Return the reader of one of these words, in either case."""

    def read(value: Any) -> str:
        found = words.get(read_text(value).rstrip(".").lower())
        if found is None:
            raise ValueError(f"not one of {', '.join(dict.fromkeys(words.values()))}")
        return found

    return read


def pattern(wanted: re.Pattern[str], what: str, spell: Callable[[str], str]) -> Callable[[Any], str]:
    """Return the reader of a code of this shape."""

    def read(value: Any) -> str:
        text = spell(read_text(value))
        if not wanted.fullmatch(text):
            raise ValueError(f"not {what}")
        return text

    return read


read_country = pattern(COUNTRY, "a country code of two letters", str.upper)
read_subdivision = pattern(SUBDIVISION, "a subdivision code like GB-LND", str.upper)
read_language = pattern(LANGUAGE, "a language code like en-US", str)


def text(name: str, meaning: str, **given: Any) -> Attribute:
    """Declare an attribute that is a short text."""
    return Attribute(name, "text", meaning, read_text, **({"field": name} | given))


def line(name: str, meaning: str) -> Attribute:
    """Declare a line of the address."""
    return Attribute(name, "text", meaning, read_text, line=name.removeprefix("address_"), kept=True)


ATTRIBUTES = (
    text("integration_id", "identifier in the outside system", field="external_id", unique=True, kept=True),
    Attribute("email", "e-mail", "e-mail address", read_email, field="email", unique=True),
    text("first_name", "first name"),
    text("last_name", "last name", kept=True),
    text("second_last_name", "second last name"),
    Attribute("title", "choice", "Mister, Miss or Misses; Mr and Mrs too", choice(TITLES), field="title"),
    Attribute("sex", "choice", "Male or Female; M and F too", choice(SEXES), field="sex"),
    Attribute("birth_date", "date", "date of birth, as in 1990-12-31", read_date, field="birth_date"),
    text("birth_place", "place of birth"),
    Attribute("birth_country_code", "country", "country of birth", read_country, field="birth_country_code"),
    text("phone", "phone number"),
    text("occupation", "occupation"),
    Attribute("nationality_code", "country", "nationality", read_country, field="nationality_code"),
    Attribute(
        "preferred_language_code", "language", "language, as in en-US", read_language, field="preferred_language_code"
    ),
    text("loyalty_code", "loyalty code"),
    text("tax_identification_number", "tax identification number"),
    text("accounting_code", "accounting code"),
    text("billing_code", "billing code"),
    text("car_registration_number", "car registration number"),
    text("dietary_requirements", "dietary requirements"),
    Attribute("notes", "long text", "notes", read_notes, field="notes"),
    line("address_line1", "first line of the address"),
    line("address_line2", "second line of the address"),
    line("address_city", "city"),
    line("address_postal_code", "postal code"),
    Attribute(
        "address_country_code", "country", "country of the address", read_country, line="country_code", kept=True
    ),
    Attribute(
        "address_country_subdivision_code",
        "subdivision",
        "subdivision of the address, as in GB-LND",
        read_subdivision,
        line="country_subdivision_code",
        kept=True,
    ),
)
BY_NAME = {each.name: each for each in ATTRIBUTES}
LOOKUPS = tuple(each.name for each in ATTRIBUTES if each.unique)
