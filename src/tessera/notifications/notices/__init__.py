"""Notices: what people are notified of, such as the end of a run, by mail, webhook, chat and heartbeat."""
