"""Many callers, one transaction: a batcher that writes and asks in groups, and a sender that is bounded.

Knows no database and no network: what a flush or a call does is handed in.
"""

from tessera.platform.batching.batcher import Batcher
from tessera.platform.batching.sender import BoundedSender
from tessera.platform.batching.turns import Turns

__all__ = [
    "Batcher",
    "BoundedSender",
    "Turns",
]
