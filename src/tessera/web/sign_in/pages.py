"""Sign-in: quiet, one column, and silent on whether an account exists. First a password, then perhaps a code."""

from typing import Any

from litestar import Response, get, post

from tessera.access.oidc import is_provider_on
from tessera.access.sign_in import SignInDelayedError, StepExpiredError, has_step, pass_second_step, sign_in
from tessera.access.users import sign_out
from tessera.web.cookies import end_cookie, find_cookie
from tessera.web.sign_in.doors import STEP_COOKIE, check_form_cookie, let_in, local_path, show_door
from tessera.web.visitors import SESSION_COOKIE, client_address, visitor_of
from tessera.web.visits import ANYONE, SIGNED_IN, PageVisit, Visit

REFUSED = "The address or the password is wrong. Check both and try again."
CODE_REFUSED = "This code does not fit. Wait for the next one, or type a recovery code."


@get("/sign-in", permission=ANYONE)
async def show_sign_in(visit: PageVisit) -> Response[Any]:
    """Show the form; who is signed in already goes on."""
    if visit.signed_in is not None:
        return visit.go(local_path(visit.request.query_params.get("next")))
    return show_form(visit)


@post("/sign-in", permission=ANYONE)
async def sign_in_user(visit: PageVisit) -> Response[Any]:
    """Open a session, or say why not in the same words for everybody."""
    form = await visit.form()
    check_form_cookie(visit, form.get("form_token"))
    email, visitor = form.get("email"), visitor_of(visit.request, visit.resources.settings)
    try:
        opened = await sign_in(
            visit.session, visit.resources, visitor, email=email, password=form.get("password"), now=visit.now
        )
    except SignInDelayedError as error:
        return show_form(visit, email=email, message=error.message, status=429)
    if opened is None:
        return show_form(visit, email=email, message=REFUSED, status=422)
    return let_in(visit, opened, local_path(form.get("next")))


@get("/sign-in/code", permission=ANYONE)
async def show_code(visit: PageVisit) -> Response[Any]:
    """Ask for the code of the second factor; without a first step there is nothing to ask."""
    token = find_cookie(visit.request.cookies, visit.resources.settings, STEP_COOKIE)
    if not token or not await has_step(visit.session, visit.resources.keys, token, now=visit.now):
        return visit.go("/sign-in")
    return show_code_form(visit)


@post("/sign-in/code", permission=ANYONE)
async def take_code(visit: PageVisit) -> Response[Any]:
    """Open the session that the code of the second factor completes."""
    form = await visit.form()
    check_form_cookie(visit, form.get("form_token"))
    token, visitor = (
        find_cookie(visit.request.cookies, visit.resources.settings, STEP_COOKIE),
        visitor_of(visit.request, visit.resources.settings),
    )
    try:
        opened = await pass_second_step(
            visit.session, visit.resources, visitor, token=token, code=form.get("code"), now=visit.now
        )
    except StepExpiredError as error:
        return show_form(visit, message=error.message, status=403)
    except SignInDelayedError as error:
        return show_code_form(visit, message=error.message, status=429)
    if opened is None:
        return show_code_form(visit, message=CODE_REFUSED, status=422)
    return let_in(visit, opened, local_path(form.get("next")))


@post("/sign-out", permission=SIGNED_IN, before_factor=True)
async def sign_out_user(visit: PageVisit) -> Response[None]:
    """End the session."""
    if visit.signed_in is not None:
        origin = client_address(visit.request, visit.resources.settings)
        await sign_out(visit.session, visit.signed_in, origin=origin)
    return visit.go("/sign-in", notice="signed_out", cookies=[end_cookie(visit.resources.settings, SESSION_COOKIE)])


def show_form(visit: Visit, *, email: str = "", message: str | None = None, status: int = 200) -> Response[str]:
    """Show the form with what was typed, and the other ways in."""
    settings = visit.resources.settings
    return show_door(
        visit,
        "sign_in.html",
        status=status,
        email=email,
        message=message,
        next=local_path(visit.request.query_params.get("next")),
        by_password=settings.password_sign_in,
        provider=settings.oidc_label if is_provider_on(settings) else None,
    )


def show_code_form(visit: Visit, *, message: str | None = None, status: int = 200) -> Response[str]:
    """Show the form for the code."""
    target = local_path(visit.request.query_params.get("next"))
    return show_door(visit, "code.html", status=status, message=message, next=target)
