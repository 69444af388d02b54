"""The rows of a run that did not arrive, as a CSV file: all of them, each with its reason and its values."""

from uuid import UUID

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream

from tessera import exports
from tessera.exports import log
from tessera.web.exports.run import PATH
from tessera.web.visits import PageVisit


@get(f"{PATH}/errors.csv", permission="exports:read", in_transaction=False)
async def download_row_errors(visit: PageVisit, run_id: FromPath[UUID]) -> Stream:
    """Give the rows piece by piece; no transaction is open while the browser takes its time."""
    async with visit.resources.database.session() as session:
        run = await exports.get_run(session, visit.actor, run_id=run_id)
    return Stream(
        log.write_row_errors(visit.resources.database, visit.actor, run),
        media_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="run_{run_id}_errors.csv"'},
    )
