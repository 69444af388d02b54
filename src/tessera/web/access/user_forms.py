"""The forms that make a user and change one."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera.access import passwords as access_passwords
from tessera.access import roles as access_roles
from tessera.access import users as access_users
from tessera.access.roles import Role
from tessera.access.users import NewUser, User, UserChange
from tessera.platform.errors import TesseraError
from tessera.web.access.form_inputs import ANSWERED, Sent, read_sent
from tessera.web.access.users import ONE, PATH, is_self, show_user_page
from tessera.web.failures import status_of
from tessera.web.forms import faults_of
from tessera.web.visits import PageVisit, Visit

LABELS = {"email": "E-mail address", "name": "Name", "role_ids": "Roles", "chain_ids": "Chains"}


@get(f"{PATH}/new", permission="users:admin")
async def ask_new_user(visit: PageVisit) -> Response[Any]:
    """Show the form for a new user."""
    return await answer(visit, typed_anew(visit))


@post(f"{PATH}/new", permission="users:admin", fresh=True)
async def create_user(visit: PageVisit) -> Response[Any]:
    """Make a user, and show the password that was drawn this once."""
    sent, password = await read_sent(visit), access_passwords.make_password()
    try:
        new = NewUser(
            sent.text("email"),
            sent.text("name"),
            password,
            chains=sent.chains(visit),
            roles=sent.ids("role_ids"),
        )
        (user,) = await access_users.create_users(visit.session, visit.actor, [new])
    except (*ANSWERED, access_roles.RoleNotFoundError) as error:
        return await answer(visit, typed_by(sent), error=error)
    return await show_user_page(visit, user.id, password=password)


@get(f"{ONE}/edit", permission="users:admin")
async def ask_user_change(visit: PageVisit, user_id: FromPath[UUID]) -> Response[Any]:
    """Show the form that changes a user."""
    user = await access_users.get_user(visit.session, visit.actor, user_id)
    typed = {
        "email": user.email,
        "name": user.name,
        "enabled": user.enabled,
        "roles": {role.id for role in user.roles},
        "chains": user.chains,
        "own": user.own,
        "version": user.version,
    }
    return await answer(visit, typed, user=user)


@post(f"{ONE}/edit", permission="users:admin", fresh=True)
async def change_user(visit: PageVisit, user_id: FromPath[UUID]) -> Response[Any]:
    """Change the user."""
    user = await access_users.get_user(visit.session, visit.actor, user_id)
    sent = await read_sent(visit)
    try:
        change = UserChange(
            email=sent.text("email"),
            name=sent.text("name"),
            roles=sent.ids("role_ids"),
            permissions=user.own & frozenset(sent.texts("own")),
            chains=sent.chains(visit),
            enabled=sent.ticked("enabled"),
        )
        await access_users.update_user(
            visit.session, visit.actor, user_id, change, version=sent.version() or user.version, now=visit.now
        )
    except (*ANSWERED, access_roles.RoleNotFoundError) as error:
        return await answer(visit, typed_by(sent), user=user, error=error)
    return visit.go(f"{PATH}/{user_id}", notice="saved")


async def answer(
    visit: Visit, typed: Mapping[str, Any], *, user: User | None = None, error: TesseraError | None = None
) -> Response[Any]:
    """Answer with the form, what was typed in it, and what is wrong with that."""
    return visit.page(
        "access/templates/user_form.html",
        status=200 if error is None else 422 if isinstance(error, access_roles.RoleNotFoundError) else status_of(error),
        user_shown=user,
        typed=typed,
        faults={} if error is None else faults_of(error),
        labels=LABELS,
        roles=await offered_roles(visit),
        may_give=lambda role: may_give(visit, role),
        whole=visit.actor.chains is None,
        is_self=user is not None and is_self(visit, user),
        close=PATH if user is None else f"{PATH}/{user.id}",
    )


def typed_anew(visit: Visit) -> dict[str, Any]:
    """Return what an untouched form holds."""
    only = {chain.id for chain in visit.chains} if len(visit.chains) == 1 else set()
    return {
        "email": "",
        "name": "",
        "enabled": True,
        "roles": set(),
        "chains": only if visit.actor.chains is not None else None,
        "own": frozenset(),
        "version": "",
    }


def typed_by(sent: Sent) -> dict[str, Any]:
    """Return what was typed, to show it again."""
    return {
        "email": sent.text("email"),
        "name": sent.text("name"),
        "enabled": sent.ticked("enabled"),
        "roles": sent.known_ids("role_ids"),
        "chains": None if sent.ticked("every_chain") else sent.known_ids("chain_ids"),
        "own": frozenset(sent.texts("own")),
        "version": sent.text("version"),
    }


async def offered_roles(visit: Visit) -> Sequence[Role]:
    """Return the roles to choose from; who may not read roles is offered none."""
    return await access_roles.list_roles(visit.session, visit.actor) if visit.actor.may("roles:read") else []


def may_give(visit: Visit, role: Role) -> bool:
    """Say whether the visitor holds all that a role gives."""
    if role.permissions is None:
        return visit.actor.permissions is None
    return all(visit.actor.may(permission) for permission in role.permissions)
