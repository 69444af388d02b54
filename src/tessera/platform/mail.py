"""Outgoing mail. Nothing sends any yet: run notifications are the first that will."""
