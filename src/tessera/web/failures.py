"""Error pages."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from litestar import Response, route
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from tessera.platform.clock import now
from tessera.platform.errors import NotFoundError, TesseraError
from tessera.platform.failures import explain_failure
from tessera.web.confirmation import ConfirmationNeededError
from tessera.web.headers import security_headers
from tessera.web.page_templates import render
from tessera.web.statuses import status_of
from tessera.web.visitors import AnyRequest
from tessera.web.visits import ANYONE, PageVisit, SecondFactorNeededError, SignInNeededError, frame_of

logger = logging.getLogger(__name__)

TITLES = {
    400: "This request cannot be read",
    403: "You may not do this",
    404: "There is nothing here",
    405: "This address does something else",
    408: "This took too long to arrive",
    409: "This cannot be done now",
    413: "This is too large",
    422: "Something in it is wrong",
    503: "Not available just now",
}
# What shows data, or is an error that may have gone by the next request, stays out of every cache.
UNCACHED = {"Cache-Control": "no-store"}
NOT_FOUND = "The page does not exist, or you may not see it. Check the address, or start from the home page."
# The router does not go back up from a part of an address that it knows: each of these needs its own way out.
STARTS = ("", "/admin", "/admin/access", "/admin/exports", "/admin/integrations", "/account", "/analytics", "/loyalty")
DEFECT = "Something went wrong on our side, and it has been logged. Try again; if it stays, tell your administrator."


class PageMissingError(NotFoundError):
    """There is no page at this address."""

    code = "page_missing"


def answer_failure(request: AnyRequest, error: Exception) -> Response[Any]:
    """Answer any error with a page, or with the way to sign in."""
    if isinstance(error, SignInNeededError):
        return ask_to_sign_in(request)
    if isinstance(error, SecondFactorNeededError):
        return lead_to(request, "/account/second-factor")
    if isinstance(error, ConfirmationNeededError):
        return ask_who_it_is(request, error)
    status, message = describe(error)
    if status >= 500 and not isinstance(error, TesseraError):
        logger.error("page failed: %s %s", request.method, request.url.path, exc_info=error)
    settings = request.app.state.resources.settings
    values = {
        **frame_of(request, request.scope.get("user")),
        "now": now(),
        "notice": None,
        "status": status,
        "title": TITLES.get(status, "Something went wrong"),
        "message": message,
    }
    headers = {**security_headers(settings), **UNCACHED, **retry_header(error)}
    return Response(
        render("templates/error.html", values), media_type=MediaType.HTML, status_code=status, headers=headers
    )


def describe(error: Exception) -> tuple[int, str]:
    """Return an error's status and what to tell about it."""
    if isinstance(error, TesseraError):
        return status_of(error), error.message
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.status_code, NOT_FOUND if error.status_code in (404, 405) else error.detail
    failure = explain_failure(error)
    return (503, failure.message) if failure.expected else (500, DEFECT)


def retry_header(error: Exception) -> dict[str, str]:
    """Return when to try again, where it is known."""
    wait = getattr(error, "retry_after", None)
    return {} if wait is None else {"Retry-After": str(max(1, round(wait)))}


def ask_to_sign_in(request: AnyRequest) -> Response[None]:
    """Send the browser to the sign-in page, and from there back to where it was going."""
    target = request.url.path if not request.url.query else f"{request.url.path}?{request.url.query}"
    address = f"/sign-in?next={quote(target, safe='/')}" if request.method == "GET" else "/sign-in"
    return lead_to(request, address, "/sign-in")


def lead_to(request: AnyRequest, address: str, from_part: str | None = None) -> Response[None]:
    """Send the browser to another page; a part of a page that is asked for takes the whole page along."""
    if request.headers.get("HX-Request"):
        return Response(None, status_code=401, headers={**UNCACHED, "HX-Redirect": from_part or address})
    return Response(None, status_code=303, headers={**UNCACHED, "Location": address})


def ask_who_it_is(request: AnyRequest, error: ConfirmationNeededError) -> Response[str]:
    """Ask for the password or a code, with all that was typed, and go on from there."""
    settings = request.app.state.resources.settings
    values = {
        **frame_of(request, error.signed_in),
        "now": now(),
        "notice": None,
        "carried": error.carried,
        "ways": error.ways,
        "fault": error.fault,
        "label": settings.oidc_label,
    }
    # A part of a page cannot ask: the question takes the whole page.
    whole = {"HX-Retarget": "body", "HX-Reswap": "innerHTML"} if request.headers.get("HX-Request") else {}
    return Response(
        render("templates/confirm.html", values),
        media_type=MediaType.HTML,
        headers={**security_headers(settings), **UNCACHED, **whole},
    )


@route([f"{start}/{{missing:path}}" for start in STARTS], http_method=["GET", "POST"], permission=ANYONE)
async def show_missing(visit: PageVisit) -> Response[Any]:
    """Answer every other address from within a visit, so that a signed-in user keeps the menu."""
    raise PageMissingError(NOT_FOUND, path=visit.request.url.path)


FAILURE_HANDLERS: dict[type[Exception] | int, Callable[[AnyRequest, Exception], Response[Any]]] = {
    Exception: answer_failure,
    HTTPException: answer_failure,
    TesseraError: answer_failure,
}
