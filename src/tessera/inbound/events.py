"""Names of this room's events; they are API."""

MESSAGE_REJECTED = "inbound_message.rejected"
