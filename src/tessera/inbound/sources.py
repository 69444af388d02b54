"""What a kind of message source does: everything that depends on who sends is behind these values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tessera.connectors.contract import get_connector
from tessera.inbound.errors import NotInboundError


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came. `key` is the same whenever it comes again; `name` is the sender's id, to be shown.

    A registration asks what this module takes; an empty message only asks whether it answers. Neither is kept.
    """

    type: str
    name: str | None
    key: bytes
    body: bytes
    document: Mapping[str, Any]
    is_registration: bool = False
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Which source goes to which attribute of a member, and what else a profile wants."""

    lookup_by: str
    user_attributes: Mapping[str, str]
    register_new: bool
    update_existing: bool
    overwrite_with_empty: bool
    accept_development: bool
    program: str | None


@dataclass(slots=True)
class Mapped:
    """Member attributes by name; None empties one. `notes` say what was left out, and why; they hold no value."""

    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Messages:
    """The ability of a connector type to receive messages.

    `endpoint` is the address below which its profiles have theirs. `read_messages` returns the messages of a request,
    and whether they came as an array; it raises `MessageUnreadableError`. `find_reason` returns why a message of this
    type and content changes nothing, None where it speaks of a member; `map_document` returns what it says of one.
    """

    endpoint: str
    read_rules: Callable[[Mapping[str, Any]], Rules]
    read_messages: Callable[[bytes], tuple[list[Message], bool]]
    answer_to: Callable[[Message, datetime, tuple[str, ...]], dict[str, Any]]
    sent_at: Callable[[Mapping[str, Any], datetime], datetime]
    find_reason: Callable[[Rules, str, Mapping[str, Any]], str | None]
    map_document: Callable[[Rules, Mapping[str, Any]], Mapped]


def get_source(key: str) -> Messages:
    """Return how the connector type of that key receives messages."""
    connector = get_connector(key)
    source = connector.find(Messages)
    if source is None:
        raise NotInboundError(f"{connector.label} profiles receive no messages.")
    return source


def read_messages(key: str, body: bytes) -> tuple[list[Message], bool]:
    """Return the messages of a request to that connector type, and whether they came as an array."""
    return get_source(key).read_messages(body)
