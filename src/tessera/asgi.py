"""The web process: API and pages as one application. Granian calls `create_app` in each of its processes."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Response, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from tessera.access.sign_in import is_locked_out
from tessera.api import ConnectorApi, build_api, build_documents, put_first
from tessera.platform.bodies import BodyGuard
from tessera.platform.errors import TesseraError
from tessera.platform.failures import explain_failure
from tessera.platform.health import check_database
from tessera.platform.logging import configure_logging
from tessera.platform.resources import Resources
from tessera.platform.settings import Settings, load_settings
from tessera.web import answer_failure, build_pages
from tessera.wiring import load_rooms, open_application

logger = logging.getLogger(__name__)

UNCACHED = {"Cache-Control": "no-store"}


def create_app() -> BodyGuard:
    """Return the application of this process."""
    settings = load_settings()
    configure_logging(settings)
    connector = ConnectorApi()
    load_rooms()
    app = build_app(settings, connector)
    collect_less()
    return BodyGuard(put_first(app, connector), settings.body_timeout_seconds)


def build_app(settings: Settings, connector: ConnectorApi | None = None) -> Litestar:
    """Return the application; what it needs is made when it starts, and found as `state.resources`."""

    @asynccontextmanager
    async def configure(app: Litestar) -> AsyncIterator[None]:
        seconds = settings.request_timeout_seconds
        async with open_application(settings, application="tessera web", statement_seconds=seconds) as application:
            app.state.resources, app.state.engine, app.state.client = (
                application.resources,
                application.engine,
                application.client,
            )
            await warn_if_locked_out(application.resources)
            yield

    return Litestar(
        route_handlers=[answer_health, *build_api(connector), *build_pages()],
        state=State({"documents": build_documents()}),
        lifespan=[configure],
        exception_handlers={
            Exception: answer_failure,
            HTTPException: answer_failure,
            TesseraError: answer_failure,
        },
        logging_config=None,
        openapi_config=None,
    )


async def warn_if_locked_out(resources: Resources) -> None:
    """Warn the operator about settings with which no user can sign in."""
    async with resources.database.session() as session:
        if await is_locked_out(session, resources.settings):
            logger.warning(
                "no user can sign in: TESSERA_PASSWORD_SIGN_IN is off, and no user is linked to the identity provider. "
                "Set TESSERA_OIDC_LINK_BY_EMAIL or TESSERA_OIDC_CREATE_USERS, or link one: "
                "tessera user link E-MAIL SUBJECT"
            )


def collect_less() -> None:
    """Spare what was loaded so far from collections, and have fewer: a bulk call makes thousands of short-lived values.

    That is a tenth to a quarter of such a call's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@get("/healthz", include_in_schema=False)
async def answer_health(state: State) -> Response[dict[str, str]]:
    """Say whether this process can work: 200, or 503 with the reason."""
    try:
        await check_database(state.resources.database)
    except Exception as error:
        body = {"status": "unavailable", "message": explain_failure(error).message}
        return Response(body, status_code=HTTP_503_SERVICE_UNAVAILABLE, headers=UNCACHED)
    return Response({"status": "ok"}, status_code=HTTP_200_OK, headers=UNCACHED)
