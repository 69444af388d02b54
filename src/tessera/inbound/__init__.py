"""Messages in: received, kept, applied."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.inbound.application import apply_due as apply_due_messages
    from tessera.inbound.attributes import ATTRIBUTES
    from tessera.inbound.jobs import background_work
    from tessera.inbound.messages import (
        get_inbound_message,
        list_inbound_messages,
        list_messages_after,
        open_body,
        replay_inbound_message,
        replay_rejected_messages,
    )
    from tessera.inbound.profiles import describe_inbound, rotate_inbound_token
    from tessera.inbound.receipts import answer_message, find_inbound, receive_messages, record_refusal
    from tessera.inbound.retention import purge_messages, reseal_messages
    from tessera.inbound.sources import Message, read_messages
    from tessera.inbound.values import (
        NEWEST,
        Inbound,
        InboundDay,
        InboundMessage,
        MessageQuery,
        MessageState,
        OpenInbound,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "ATTRIBUTES",
    "NEWEST",
    "Inbound",
    "InboundDay",
    "InboundMessage",
    "Message",
    "MessageQuery",
    "MessageState",
    "OpenInbound",
    "answer_message",
    "apply_due_messages",
    "background_work",
    "describe_inbound",
    "find_inbound",
    "get_inbound_message",
    "list_inbound_messages",
    "list_messages_after",
    "open_body",
    "purge_messages",
    "read_messages",
    "receive_messages",
    "record_refusal",
    "replay_inbound_message",
    "replay_rejected_messages",
    "reseal_messages",
    "rotate_inbound_token",
]
