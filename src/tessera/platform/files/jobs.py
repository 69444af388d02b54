"""What a worker does for the files on its machine."""

import asyncio

from tessera.platform.files.scratch import purge_scratch
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Delete the temporary files that killed processes left on this machine."""
    data_dir = resources.settings.data_dir
    return BackgroundWork(
        chores=[Chore("files.purge_scratch", HOURLY, lambda: asyncio.to_thread(purge_scratch, data_dir))]
    )
