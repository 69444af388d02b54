"""mParticle, outbound: members and their events as batches of mParticle's Events API."""

from tessera.outbound.kinds.mparticle.connector import MPARTICLE_OUTBOUND

__all__ = ["MPARTICLE_OUTBOUND"]
