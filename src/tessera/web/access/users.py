"""Users: the list, and one of them with what can be done to it."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera.access import factors as access_factors
from tessera.access import passwords as access_passwords
from tessera.access import roles as access_roles
from tessera.access import sign_in as access_sign_in
from tessera.access import users as access_users
from tessera.access.users import User
from tessera.platform.errors import TesseraError
from tessera.web.access.choices import asked, asked_id
from tessera.web.access.grids import make_grid
from tessera.web.forms import SHOWN_IN_FORMS, form_status
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit, Visit

PATH = "/admin/access/users"
ONE = f"{PATH}/{{user_id:uuid}}"


@get(PATH, permission="users:read")
async def list_users(visit: PageVisit) -> Response[Any]:
    """List the users who see no further than the visitor."""
    search, sort, role_id = asked(visit, "q"), asked(visit, "sort") or "name", asked_id(visit, "role")
    page = await access_users.list_user_page(
        visit.session, visit.actor, search=search, role_id=role_id, sort=sort, number=page_number(visit)
    )
    roles = await access_roles.list_roles(visit.session, visit.actor) if visit.actor.may("roles:read") else []
    return visit.page(
        "access/templates/users.html", page=page, search=search, sort=sort, role_id=role_id, roles=roles, path_here=PATH
    )


@get(ONE, permission="users:read")
async def show_user(visit: PageVisit, user_id: FromPath[UUID]) -> Response[Any]:
    """Show one user: roles, chains, and what follows from them."""
    return await show_user_page(visit, user_id)


@post(f"{ONE}/password", permission="users:admin", fresh=True)
async def draw_password(visit: PageVisit, user_id: FromPath[UUID]) -> Response[Any]:
    """Give the user a new password, shown this once, and end every session of theirs."""
    password = access_passwords.make_password()
    try:
        await access_users.change_password(
            visit.session, visit.actor, user_id=user_id, password=password, now=visit.now
        )
    except SHOWN_IN_FORMS as error:
        return await show_user_page(visit, user_id, error)
    return await show_user_page(visit, user_id, password=password)


@post(f"{ONE}/end-sessions", permission="users:admin", fresh=True)
async def end_sessions(visit: PageVisit, user_id: FromPath[UUID]) -> Response[Any]:
    """Sign the user out of every browser."""
    try:
        await access_users.end_sessions(visit.session, visit.actor, user_id)
    except SHOWN_IN_FORMS as error:
        return await show_user_page(visit, user_id, error)
    return visit.go(f"{PATH}/{user_id}", notice="sessions_ended")


@post(f"{ONE}/delete", permission="users:admin", fresh=True)
async def delete_user(visit: PageVisit, user_id: FromPath[UUID]) -> Response[Any]:
    """Delete the user."""
    try:
        await access_users.delete_user(visit.session, visit.actor, user_id)
    except SHOWN_IN_FORMS as error:
        return await show_user_page(visit, user_id, error)
    return visit.go(PATH, notice="deleted")


@post(f"{ONE}/unlock", permission="users:admin", fresh=True)
async def unlock_user(visit: PageVisit, user_id: FromPath[UUID]) -> Response[Any]:
    """Forget failed sign-ins, so that the user may try again at once."""
    try:
        user = await access_users.get_user(visit.session, visit.actor, user_id)
        await access_sign_in.unlock_user(visit.session, visit.resources.keys, visit.actor, user, now=visit.now)
    except SHOWN_IN_FORMS as error:
        return await show_user_page(visit, user_id, error)
    return visit.go(f"{PATH}/{user_id}", notice="user_unlocked")


@post(f"{ONE}/remove-factor", permission="users:admin", fresh=True)
async def remove_user_factor(visit: PageVisit, user_id: FromPath[UUID]) -> Response[Any]:
    """Take the second factor away, for a user who lost their phone and their recovery codes."""
    try:
        user = await access_users.get_user(visit.session, visit.actor, user_id)
        await access_factors.remove_factor(visit.session, visit.resources, visit.actor, user)
    except SHOWN_IN_FORMS as error:
        return await show_user_page(visit, user_id, error)
    return visit.go(f"{PATH}/{user_id}", notice="user_factor_removed")


async def show_user_page(
    visit: Visit, user_id: UUID, error: TesseraError | None = None, *, password: str | None = None
) -> Response[Any]:
    """Answer with the page of one user, and why what was asked was refused."""
    user = await access_users.get_user(visit.session, visit.actor, user_id)
    return visit.page(
        "access/templates/user.html",
        status=form_status(error),
        shown=user,
        password=password,
        fault="" if error is None else error.message,
        grid=make_grid(user.permissions),
        has_factor=user.id in await access_sign_in.list_factor_holders(visit.session, visit.actor, [user.id]),
        locked_until=(
            await access_sign_in.find_lockouts(visit.session, visit.resources.keys, [user.email], visit.now)
        ).get(user.email),
        is_self=is_self(visit, user),
        may_change=visit.actor.may("users:admin")
        and not access_roles.find_foreign_chain(visit.actor, user.chains)
        and not access_roles.find_excess(visit.actor, user.permissions),
    )


def is_self(visit: Visit, user: User) -> bool:
    """Say whether the user is who looks."""
    return visit.actor.id == user.id
