"""How fast the profiles' receivers are called: one pace a profile, over all runs, workers and hosts."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.connectors.paces.holds import ProfileThrottledError, check_hold
    from tessera.connectors.paces.ledger import LEASE_SECONDS
    from tessera.connectors.paces.limits import PaceLimits
    from tessera.connectors.paces.registry import Paces
    from tessera.connectors.paces.run_pace import RunPace
    from tessera.connectors.paces.waits import WaitPeriod, WaitReason
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "LEASE_SECONDS",
    "PaceLimits",
    "Paces",
    "ProfileThrottledError",
    "RunPace",
    "WaitPeriod",
    "WaitReason",
    "check_hold",
]
