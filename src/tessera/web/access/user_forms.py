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
from tessera.web.access.choices import chosen_chains
from tessera.web.access.users import ONE, PATH, is_self, show_user_page
from tessera.web.forms import SHOWN_IN_FORMS, Form, shown
from tessera.web.visits import PageVisit, Visit

LABELS = {"email": "E-mail address", "name": "Name", "role_ids": "Roles", "chain_ids": "Chains"}


@get(f"{PATH}/new", permission="users:admin")
async def ask_new_user(visit: PageVisit) -> Response[Any]:
    """Show the form for a new user."""
    return await answer(visit, typed_anew(visit))


@post(f"{PATH}/new", permission="users:admin", fresh=True)
async def create_user(visit: PageVisit) -> Response[Any]:
    """Make a user, and show the password that was drawn this once."""
    form, password = await visit.form(), access_passwords.make_password()
    try:
        chains, roles = chosen_chains(form, visit), form.ids("role_ids")
        form.check()
        new = NewUser(form.get("email"), form.get("name"), password, chains=chains, roles=roles)
        (user,) = await access_users.create_users(visit.session, visit.actor, [new])
    except (*SHOWN_IN_FORMS, access_roles.RoleNotFoundError) as error:
        return await answer(visit, typed_by(form), error=error)
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
    form = await visit.form()
    try:
        chains, roles = chosen_chains(form, visit), form.ids("role_ids")
        form.check()
        change = UserChange(
            email=form.get("email"),
            name=form.get("name"),
            roles=roles,
            permissions=user.own & frozenset(form.repeated("own")),
            chains=chains,
            enabled=form.ticked("enabled"),
        )
        await access_users.update_user(
            visit.session, visit.actor, user_id, change, version=form.version or user.version, now=visit.now
        )
    except (*SHOWN_IN_FORMS, access_roles.RoleNotFoundError) as error:
        return await answer(visit, typed_by(form), user=user, error=error)
    return visit.go(f"{PATH}/{user_id}", notice="saved")


async def answer(
    visit: Visit, typed: Mapping[str, Any], *, user: User | None = None, error: TesseraError | None = None
) -> Response[Any]:
    """Answer with the form, what was typed in it, and what is wrong with that."""
    return visit.page(
        "access/templates/user_form.html",
        user_shown=user,
        typed=typed,
        **shown(error),
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


def typed_by(form: Form) -> dict[str, Any]:
    """Return what was typed, to show it again."""
    return {
        "email": form.get("email"),
        "name": form.get("name"),
        "enabled": form.ticked("enabled"),
        "roles": form.known_ids("role_ids"),
        "chains": None if form.ticked("every_chain") else form.known_ids("chain_ids"),
        "own": frozenset(form.repeated("own")),
        "version": form.get("version"),
    }


async def offered_roles(visit: Visit) -> Sequence[Role]:
    """Return the roles to choose from; who may not read roles is offered none."""
    return await access_roles.list_roles(visit.session, visit.actor) if visit.actor.may("roles:read") else []


def may_give(visit: Visit, role: Role) -> bool:
    """Say whether the visitor holds all that a role gives."""
    return access_roles.find_excess(visit.actor, role.permissions) is None
