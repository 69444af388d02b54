"""Names of files, made of a pattern: `{internal_name}_{date:%Y%m%d}_{run_id}`. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from tessera.platform.formats.options import Container, Encryption, FileFormat, FileOptions
from tessera.platform.formats.paths import LONGEST_PART, WRITING, fault_of

TOKENS = ("internal_name", "date", "time", "run_id", "seq")
DEFAULT_MOMENTS = {"date": "%Y%m%d", "time": "%H%M%S"}
# Only digits come of these, whatever the language of the machine.
DIRECTIVES = "YymdjHIMSfGVuw%"
LONGEST_SEQUENCE = 12
PART = re.compile(r"\{(?P<name>[a-z_]*)(?::(?P<form>[^{}]*))?\}|(?P<text>[^{}]+)|(?P<stray>[{}])")
# Receivers on Windows cannot store them, and a slash would be a folder.
UNFIT = re.compile(r'[/\\:*?"<>|]')
EXTENSIONS = {FileFormat.CSV: ".csv", FileFormat.JSON_LINES: ".jsonl", FileFormat.XLSX: ".xlsx"}
ENCRYPTED = {Encryption.NONE: "", Encryption.BINARY: ".pgp", Encryption.ARMORED: ".asc"}
CONTROL = ".control"
LONGEST_INTERNAL_NAME = "n" * 100


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What the tokens of a pattern stand for; the moment is shown in the zone."""

    internal_name: str
    moment: datetime
    zone: ZoneInfo
    run_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class FileNames:
    """Names of one file: as it is stored, inside a zip file, and of the control file beside it."""

    final: str
    inner: str
    control: str


def pattern_fault(pattern: str) -> str | None:
    """Return what is wrong with a pattern, if anything is."""
    if not pattern.strip():
        return "A file needs a name. Write a pattern such as {internal_name}_{date:%Y%m%d}."
    for part in parse_pattern(pattern):
        fault = token_fault(part["name"], part["form"]) if part["name"] is not None else text_fault(part)
        if fault:
            return fault
    return name_fault(render_pattern(pattern, LONGEST_FACTS))


def render_pattern(pattern: str, facts: NameFacts) -> str:
    """Return the name that a pattern without faults gives, without an extension."""
    return "".join(part["text"] or render_token(part["name"], part["form"], facts) for part in parse_pattern(pattern))


def render_names(options: FileOptions, facts: NameFacts) -> FileNames:
    """Return the names of a file."""
    stem = render_pattern(options.name_pattern, facts)
    inner = stem + EXTENSIONS[options.format]
    packed = {Container.NONE: inner, Container.GZIP: f"{inner}.gz", Container.ZIP: f"{stem}.zip"}
    return FileNames(packed[options.container] + ENCRYPTED[options.encryption], inner, stem + CONTROL)


def render_control_file(options: FileOptions, rows: int) -> bytes:
    """Return the control file: one row, one column, the number of rows with the header."""
    return f"{rows + options.header_rows}{options.line_end.text}".encode("ascii")


def parse_pattern(pattern: str) -> Iterator[re.Match[str]]:
    """Yield tokens and the texts between them."""
    return PART.finditer(pattern)


def token_fault(name: str, form: str | None) -> str | None:
    """Return what is wrong with a token."""
    if name not in TOKENS:
        known = ", ".join(f"{{{each}}}" for each in TOKENS)
        return f"There is no token {{{name}}}. Use {known}."
    if form is None:
        return None
    if name in DEFAULT_MOMENTS:
        return moment_fault(name, form)
    if name != "seq":
        return f"{{{name}}} takes nothing after a colon. Write {{{name}}}."
    if not re.fullmatch(r"[0-9]{1,2}", form) or not 1 <= int(form) <= LONGEST_SEQUENCE:
        return f"{{seq:…}} takes a number of digits from 1 to {LONGEST_SEQUENCE}, such as {{seq:6}}."
    return None


def moment_fault(name: str, form: str) -> str | None:
    """Return what is wrong with the form of a date or a time."""
    if re.sub(rf"%[{DIRECTIVES}]", "", form).count("%") or "%" not in form:
        known = " ".join(f"%{each}" for each in DIRECTIVES)
        return f"{{{name}:{form}}} cannot be read. Use {known}, such as {{{name}:{DEFAULT_MOMENTS[name]}}}."
    return character_fault(form)


def text_fault(part: re.Match[str]) -> str | None:
    """Return what is wrong with a text between tokens."""
    if part["stray"]:
        return f"A “{part['stray']}” stands alone. Tokens are written {{internal_name}}."
    return character_fault(part["text"])


def character_fault(text: str) -> str | None:
    """Return what is wrong with characters that go into a name as they are."""
    found = UNFIT.search(text)
    if not found:
        return None
    where = "Choose the folder with the destination." if found[0] in "/\\" else "Take it out."
    return f"“{found[0]}” cannot be in the name of a file. {where}"


def name_fault(name: str) -> str | None:
    """Return what is wrong with a name as a whole."""
    if name != name.strip() or name.startswith("."):
        return "A name neither begins with a dot or a space nor ends with a space. Take it out."
    if name.endswith((WRITING, CONTROL, ".")):
        return f"A name ends neither in {WRITING} or {CONTROL}, which have a meaning, nor in a dot. Choose another end."
    # The longest extension, and what stands behind a name while it is written.
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_PART - 24:
        return f"The name could be longer than {LONGEST_PART - 24} bytes. Shorten it."
    return fault_of(name)


def render_token(name: str, form: str | None, facts: NameFacts) -> str:
    """Return what a token stands for."""
    if name in DEFAULT_MOMENTS:
        # Years before 1000 have no zeros in front on some machines, and no run was then.
        return facts.moment.astimezone(facts.zone).strftime(form or DEFAULT_MOMENTS[name])
    if name == "seq":
        return f"{facts.sequence:0{int(form or 1)}d}"
    return facts.internal_name if name == "internal_name" else str(facts.run_id)


LONGEST_FACTS = NameFacts(
    LONGEST_INTERNAL_NAME, datetime(2000, 12, 31, tzinfo=UTC), ZoneInfo("UTC"), UUID(int=0), 10**LONGEST_SEQUENCE - 1
)
