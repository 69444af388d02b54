"""Webhooks: who is told of events, and every delivery."""
