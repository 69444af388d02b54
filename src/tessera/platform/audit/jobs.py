"""What a worker does for the audit log."""

from tessera.platform.audit.retention import purge_entries
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Drop the quarters whose entries are past their days, and make those ahead."""
    days = resources.settings.audit_days
    return BackgroundWork(
        chores=[
            Chore(
                "audit.purge_entries",
                HOURLY,
                lambda: purge_entries(resources.database, days=days, now=resources.clock()),
            )
        ]
    )
