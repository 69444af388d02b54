"""All pages as one router, each with the permission it declares, and the files they load."""

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from tessera.web import (
    access,
    account,
    audit,
    documents,
    exports,
    home,
    integrations,
    loyalty,
    outbox,
    queries,
    sign_in,
)
from tessera.web.assets import FOLDER, load_assets
from tessera.web.failures import FAILURE_HANDLERS, show_missing
from tessera.web.headers import SecurityHeaders
from tessera.web.visits import provide_visit

PAGES: tuple[HTTPRouteHandler, ...] = (
    *sign_in.PAGES,
    *account.PAGES,
    *home.PAGES,
    *loyalty.PAGES,
    *queries.PAGES,
    *integrations.PAGES,
    *exports.PAGES,
    *access.PAGES,
    *audit.PAGES,
    *outbox.PAGES,
    *documents.PAGES,
    show_missing,
)
# The names of built files change with their contents.
FOREVER = CacheControlHeader(max_age=31_536_000, public=True, immutable=True)


def build_pages() -> list[ControllerRouterHandler]:
    """Return the routes of the web; they use `resources`, `engine` and `client` of the application's state."""
    load_assets()  # stops the start where the front end was not built: no page could say so
    for page in PAGES:
        check_declared(page)
    pages = Router(
        path="/",
        route_handlers=list(PAGES),
        dependencies={"visit": Provide(provide_visit)},
        exception_handlers=FAILURE_HANDLERS,
        middleware=[SecurityHeaders()],
        include_in_schema=False,
    )
    files = create_static_files_router(
        path="/static",
        directories=[FOLDER],
        cache_control=FOREVER,
        exception_handlers=FAILURE_HANDLERS,
        middleware=[SecurityHeaders()],
    )
    return [pages, files]


def check_declared(page: HTTPRouteHandler) -> None:
    """Stop the start where a page declares no permission, or takes no visit, which is what checks it."""
    if "permission" not in page.opt or "visit" not in page.fn.__annotations__:
        raise TypeError(f"the page {sorted(page.paths)} must declare a permission and take a visit")
