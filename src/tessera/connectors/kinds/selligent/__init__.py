"""Selligent, also sold as Marigold Engage: a profile to fill in; nothing is sent yet."""

from tessera.connectors.kinds.selligent.connector import SELLIGENT

__all__ = ["SELLIGENT"]
