"""The last calls through a profile, and its health by them."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.connectors.calls.calls import (
        CallKind,
        Health,
        NewCall,
        ProfileCall,
        ProfileDay,
        ProfileHealth,
        health_by_type,
        list_calls,
        list_profile_days,
        profile_health,
        record_call,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "CallKind",
    "Health",
    "NewCall",
    "ProfileCall",
    "ProfileDay",
    "ProfileHealth",
    "health_by_type",
    "list_calls",
    "list_profile_days",
    "profile_health",
    "record_call",
]
