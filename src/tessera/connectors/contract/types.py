"""What a connector type declares: properties, capabilities, and how its profiles become a target."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from tessera.connectors.contract.errors import TooManyProfilesError
from tessera.connectors.contract.mappings import MappingLayout
from tessera.connectors.files import FileStore
from tessera.connectors.tokens import TokenGrant, TokenKeeper
from tessera.platform.actors import Actor
from tessera.platform.db import Database, Session
from tessera.platform.http import CallLimits, OutboundClient
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import Settings

T = TypeVar("T")


class PropertyKind(StrEnum):
    """How a property is entered and stored."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - the word, not a secret
    URL = "url"
    INT = "int"
    BOOL = "bool"
    ENUM = "enum"
    JSON = "json"
    HEADERS = "headers"
    REFERENCE = "reference"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class ShownWhen:
    """A property is part of a profile only while another one, or `variant`, has one of these values."""

    key: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Follows:
    """A property's value is given by that of another one, `key`; for a value that is not listed it is typed."""

    key: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Property:
    """One setting of a profile, declared once: forms, checks, the API and the reference are made from it.

    `clean` returns the value as it is stored, or raises ValueError with what is wrong. `choice_labels` says how a
    choice reads where that is not as it is stored. A `multiline` text or secret keeps its line breaks. `refers_to`
    says what a reference leads to, as `encryption_key:` and a type of key. `follows` says
    where its value is not typed but given by another property. `sent_to` names the properties that decide where a
    secret, or what it is traded for, is sent: when one of them leads to another place, the secret is given again. A
    mapping says in `mapping` what its columns hold.
    """

    key: str
    label: str
    help: str
    kind: PropertyKind
    required: bool = False
    default: Any = None
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    choice_labels: Mapping[str, str] = field(default_factory=dict)
    multiline: bool = False
    clean: Callable[[Any], Any] | None = None
    shown_when: ShownWhen | None = None
    refers_to: str | None = None
    follows: Follows | None = None
    sent_to: tuple[str, ...] = ()
    mapping: MappingLayout | None = None

    @property
    def secret(self) -> bool:
        """Whether the value is sealed and never shown."""
        return self.kind is PropertyKind.SECRET

    def label_of(self, choice: str) -> str:
        """Return what is shown for one of the choices."""
        return self.choice_labels.get(choice, choice)

    def is_shown(self, variant: str, values: Mapping[str, Any]) -> bool:
        """Say whether the property is part of such a profile."""
        if self.shown_when is None:
            return True
        deciding = variant if self.shown_when.key == "variant" else values.get(self.shown_when.key)
        return isinstance(deciding, str) and deciding in self.shown_when.values


@dataclass(frozen=True, slots=True)
class Variant:
    """A sub-kind, chosen when a profile is created and frozen then."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the core needs to know of a type, so that it never asks which type it has.

    `receives` says that messages come in through a profile's own door; `full` is what a profile too many raises.
    """

    takes_templates: bool = False
    copyable: bool = True
    most_per_chain: int | None = None
    receives: bool = False
    full: type[TooManyProfilesError] = TooManyProfilesError


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how requests go: what is left of a profile once its secrets are open.

    `authorities` are certificate authorities, in DER, that its calls trust too. A `grant` says how an access token is
    asked for; `tokens` keeps one, where requests are sent. `concurrency`, `per_second` and `per_minute` hold over all
    runs, workers and hosts.
    """

    base_url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    limits: CallLimits
    concurrency: int
    per_second: int | None
    secrets: tuple[str, ...] = field(repr=False)
    authorities: tuple[bytes, ...] = field(default=(), repr=False)
    grant: TokenGrant | None = None
    tokens: TokenKeeper | None = None
    per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class OpenedKey:
    """An encryption key that a profile refers to, opened."""

    id: UUID
    label: str
    type: str
    material: str = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OpenedProfile:
    """A profile with its secrets open. It goes to its kind and nowhere else.

    `keys` holds the encryption keys that it refers to, by the key of the property.
    """

    id: UUID
    chain_id: UUID
    label: str
    variant: str
    version: int
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    keys: Mapping[str, OpenedKey] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Network:
    """What a kind needs to reach other people's machines."""

    client: OutboundClient
    settings: Settings
    database: Database | None = None


@dataclass(frozen=True, slots=True)
class Issuing:
    """For whom a token is made, by whom, and when."""

    chain_id: UUID
    profile_id: UUID
    actor: Actor
    now: datetime


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """One thing that *Test connection* tried: `passed` None where it was not reached, or does not decide."""

    title: str
    passed: bool | None
    message: str


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What *Test connection* found, step by step, and the last HTTP status; it never contains secrets.

    `discovered` are properties that the profile did not have and now gets, such as the fingerprint of a host key.
    """

    steps: Sequence[ProbeStep]
    status: int | None = None
    discovered: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether something was tried and nothing failed."""
        return any(step.passed for step in self.steps) and all(step.passed is not False for step in self.steps)


# Takes the profile, what it needs to get out, and the names of the options that the user ticked.
Probe = Callable[[OpenedProfile, Network, frozenset[str]], Awaitable[ProbeResult]]
# Takes the settings as they would be stored; returns what is wrong with which property, where properties go together.
CheckSettings = Callable[[Mapping[str, Any]], Mapping[str, str]]
OpenFiles = Callable[[OpenedProfile, Network], AbstractAsyncContextManager[FileStore]]
OpenTarget = Callable[[str, Mapping[str, Any], Mapping[str, str]], Target]
# Makes a token that opens the new profile's door, keeps what it is known by, and returns its text.
IssueToken = Callable[[Session, KeyRing, Issuing], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class ConnectorType:
    """A type of integration, shown as a tile, which several types may share as tabs; those name it in `tile_label`.

    `check` looks at a profile's settings as a whole, once each property is right by itself. `abilities` are values that
    other rooms find by their type: what a type can do beyond being saved and tested is nothing that this room has to
    know. `open_target` takes variant, settings and opened secrets. `open_files` gives the files of a profile as long as
    its context lasts; a type without it keeps none. `probe` is *Test connection*; `probe_options` are boxes to tick
    beside it, by key, for what leaves a trace outside. `issue_token` is called when a profile is created: its text is
    shown that once. `templates_sent_to` names the properties that decide where templates, and their secret headers,
    are sent.
    """

    key: str
    tile: str
    label: str
    icon: str
    variants: tuple[Variant, ...]
    properties: tuple[Property, ...]
    capabilities: Capabilities
    used_by: frozenset[str]
    check: CheckSettings | None = None
    open_target: OpenTarget | None = None
    abilities: tuple[object, ...] = ()
    open_files: OpenFiles | None = None
    probe: Probe | None = None
    probe_options: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    group: str = "HTTP"
    tile_label: str = ""
    issue_token: IssueToken | None = None
    templates_sent_to: tuple[str, ...] = ()

    def find(self, ability: type[T]) -> T | None:
        """Return the type's ability of that kind, None where it lacks it."""
        return next((each for each in self.abilities if isinstance(each, ability)), None)

    def has_variant(self, key: str) -> bool:
        """Say whether the variant is one of this type's."""
        return any(variant.key == key for variant in self.variants)

    def shown_properties(self, variant: str, values: Mapping[str, Any]) -> list[Property]:
        """Return the properties that such a profile has, in order; what is empty counts as its default."""
        filled = {each.key: values.get(each.key) or each.default for each in self.properties}
        return [each for each in self.properties if each.is_shown(variant, filled)]
