"""Sparkfly: a profile to fill in; nothing is sent yet."""

from tessera.integrations.kinds.sparkfly.connector import SPARKFLY

__all__ = ["SPARKFLY"]
