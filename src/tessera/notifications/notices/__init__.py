"""Notices: what people are told about runs and the like, by mail, webhook, chat and heartbeat."""
