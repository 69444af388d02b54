"""The job worker: `tessera worker`. Loads no web framework, so that it stays small."""

import asyncio
import sys

from tessera.platform.failures import report_failure
from tessera.platform.logging import configure_logging
from tessera.platform.settings import Settings, load_settings
from tessera.platform.signals import leave_at_once, stop_with_parent, turn_termination_into_exit
from tessera.wiring import SHORT_SLOTS, ensure_schema, hold_database, open_application, work_jobs


async def work(settings: Settings) -> None:
    """Work off jobs until a signal says stop."""
    # A run that selects holds one connection while its query's chain is bound over another; chores need a few more.
    pool_size = 2 * settings.worker_concurrency + SHORT_SLOTS + 6
    async with open_application(settings, application="tessera worker", pool_size=pool_size) as application:
        await work_jobs(application)


def main() -> None:
    """Run a worker; end with one line when it cannot."""
    try:
        turn_termination_into_exit()
        settings = load_settings()
        configure_logging(settings)
        if "--supervised" in sys.argv[1:]:
            stop_with_parent()
        with hold_database(settings):
            ensure_schema(settings)
            asyncio.run(work(settings))
    except Exception as error:
        leave_at_once(report_failure(error))
    leave_at_once()


if __name__ == "__main__":
    main()
