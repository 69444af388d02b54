"""mParticle, inbound: messages about people become members and changes of their attributes."""

from tessera.inbound.kinds.mparticle.connector import MPARTICLE_INBOUND

__all__ = ["MPARTICLE_INBOUND"]
