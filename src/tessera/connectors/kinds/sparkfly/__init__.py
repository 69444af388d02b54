"""Sparkfly: a profile to fill in; nothing is sent yet."""

from tessera.connectors.kinds.sparkfly.connector import SPARKFLY

__all__ = ["SPARKFLY"]
