"""Settings that a kind declares, so that a form can be made of them, and the check of what was given. Pure.

For kinds whose settings are few and flat. What a connector's profile has is declared in `connectors.contract`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

LONGEST = 2_000


class SettingKind(StrEnum):
    """What a setting holds, and so which field of a form it gets."""

    TEXT = "text"
    URL = "url"
    CHOICE = "choice"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class KindSetting:
    """One setting of a kind. A `secret` one is sealed and never shown again.

    `shown_with` names a choice and the value of it with which the setting exists; `clean` returns the value as it is
    stored, or raises ValueError with what is wrong.
    """

    key: str
    label: str
    text: str
    kind: SettingKind = SettingKind.TEXT
    required: bool = False
    secret: bool = False
    default: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    shown_with: tuple[str, str] | None = None
    clean: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class CheckedSettings:
    """What was given, as it is stored: plain values, secrets that are new, and what is wrong with which setting."""

    plain: Mapping[str, str]
    secrets: Mapping[str, str]
    faults: Mapping[str, str]


def shown_settings(declared: Sequence[KindSetting], values: Mapping[str, str]) -> list[KindSetting]:
    """Return the settings that exist with these values."""
    defaults = {each.key: each.default for each in declared}
    return [
        each
        for each in declared
        if each.shown_with is None
        or (values.get(each.shown_with[0]) or defaults[each.shown_with[0]]) == each.shown_with[1]
    ]


def check_settings(
    declared: Sequence[KindSetting],
    given: Mapping[str, object],
    *,
    sealed: Collection[str] = (),
    check_url: Callable[[str], str],
) -> CheckedSettings:
    """Check what was given for a kind. A secret that is left out stays, if it is among those `sealed`."""
    plain: dict[str, str] = {}
    secrets: dict[str, str] = {}
    faults: dict[str, str] = {}
    texts = {key: value for key, value in given.items() if isinstance(value, str)}
    shown = shown_settings(declared, texts)
    faults.update({key: unknown(shown) for key in given if key not in {each.key for each in shown}})
    for each in shown:
        value = given.get(each.key)
        if value is None or value == "":
            plain.update({} if each.secret else {each.key: each.default})
            if each.required and not each.default and each.key not in sealed:
                faults[each.key] = f"{each.label} is missing. Give one."
            continue
        try:
            (secrets if each.secret else plain)[each.key] = read_value(each, value, check_url)
        except ValueError as error:
            faults[each.key] = str(error)
    return CheckedSettings(plain, secrets, faults)


def read_value(each: KindSetting, value: object, check_url: Callable[[str], str]) -> str:
    """Return the value as it is stored."""
    if not isinstance(value, str):
        raise ValueError("Give a text.")  # noqa: TRY004 - shown to the user like any other fault
    if len(value) > LONGEST or (each.kind is not SettingKind.ADDRESSES and not value.strip().isprintable()):
        raise ValueError(f"Give one line of at most {LONGEST:,} printable characters.")
    text = value.strip()
    if each.kind is SettingKind.CHOICE and text not in each.choices:
        raise ValueError(f"Give one of {', '.join(each.choices)}.")
    if each.kind is SettingKind.URL:
        text = check_url(text)
    return each.clean(text) if each.clean else text


def unknown(shown: Sequence[KindSetting]) -> str:
    """Say what there is instead of a setting that there is not."""
    return f"There is no such setting here. There are: {', '.join(each.key for each in shown)}."
