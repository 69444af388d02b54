"""Cheetah Digital, also sold as Marigold Engage+: a profile to fill in; nothing is sent yet."""

from tessera.connectors.kinds.cheetah_digital.connector import CHEETAH_DIGITAL

__all__ = ["CHEETAH_DIGITAL"]
