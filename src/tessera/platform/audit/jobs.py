"""What a worker does for the audit trail."""

from tessera.platform.audit.retention import purge_entries
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Delete entries past their days."""
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
