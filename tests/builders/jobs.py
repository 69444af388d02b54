"""Working off the queue in this process, as a worker would, until nothing is due."""

from tessera.access import sign_in
from tessera.platform import mail
from tessera.platform.db import driver
from tessera.platform.resources import Resources


async def work_off(resources: Resources) -> None:
    """Run every job that is due; what is to be tried again later stays."""
    if mail.SEND_MAIL.name not in resources.jobs.app.tasks:
        for room in (mail, sign_in):
            room.background_work(resources).handle_jobs(resources.jobs)
    async with resources.jobs.app.open_async():
        await resources.jobs.app.run_worker_async(
            wait=False, listen_notify=False, install_signal_handlers=False, delete_jobs="always"
        )


async def queued(resources: Resources) -> list[tuple[str, str, int]]:
    """Return what waits in the queue: task, arguments as stored, tries so far."""
    async with resources.database.session() as session:
        connection = await driver(session)
        cursor = await connection.execute("SELECT task_name, args::text, attempts FROM procrastinate_jobs ORDER BY id")
        return [(str(row[0]), str(row[1]), int(row[2])) for row in await cursor.fetchall()]
