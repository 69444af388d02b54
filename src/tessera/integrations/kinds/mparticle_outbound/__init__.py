"""mParticle, outbound: members and their events as batches of mParticle's Events API."""

from tessera.integrations.kinds.mparticle_outbound.connector import MPARTICLE_OUTBOUND

__all__ = ["MPARTICLE_OUTBOUND"]
