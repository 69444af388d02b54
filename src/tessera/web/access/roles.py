"""Roles: the list, one of them, and the form that makes, copies and changes one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera.access import roles as access_roles
from tessera.access.roles import NewRole, Role, RoleChange
from tessera.platform.errors import TesseraError
from tessera.web.access.choices import asked, asked_id, chosen_grants
from tessera.web.access.grids import make_grid
from tessera.web.forms import SHOWN_IN_FORMS, Form, form_status, shown
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit, Visit

PATH = "/admin/access/roles"
ONE = f"{PATH}/{{role_id:uuid}}"
LABELS = {
    "label": "Label",
    "internal_name": "Internal Name",
    "description": "Description",
    "permissions": "Permissions",
}


@get(PATH, permission="roles:read")
async def list_roles(visit: PageVisit) -> Response[Any]:
    """List the roles."""
    search, sort = asked(visit, "q"), asked(visit, "sort") or "label"
    page = await access_roles.list_role_page(
        visit.session, visit.actor, search=search, sort=sort, number=page_number(visit)
    )
    return visit.page(
        "access/templates/roles.html",
        page=page,
        search=search,
        sort=sort,
        path_here=PATH,
        may_change=may_change(visit),
    )


@get(ONE, permission="roles:read")
async def show_role(visit: PageVisit, role_id: FromPath[UUID]) -> Response[Any]:
    """Show what a role allows, and how many hold it."""
    return await show(visit, role_id)


@get(f"{PATH}/new", permission="roles:admin")
async def ask_new_role(visit: PageVisit) -> Response[Any]:
    """Show the form for a new role; of a copy filled with what the other has."""
    source = asked_id(visit, "copy")
    copied = await access_roles.get_role(visit.session, visit.actor, source) if source else None
    typed = {
        "label": "" if copied is None else f"{copied.label[:90]} (copy)",
        "internal_name": "",
        "description": "" if copied is None else copied.description,
        "everything": copied is not None and copied.permissions is None,
        "permissions": frozenset() if copied is None or copied.permissions is None else copied.permissions,
        "version": "",
    }
    return answer(visit, typed)


@post(f"{PATH}/new", permission="roles:admin", fresh=True)
async def create_role(visit: PageVisit) -> Response[Any]:
    """Make a role."""
    form = await visit.form()
    try:
        new = NewRole(
            form.get("label"),
            permissions_of(form),
            form.get("description"),
            form.get("internal_name").strip() or None,
        )
        role = await access_roles.create_role(visit.session, visit.actor, new, now=visit.now)
    except SHOWN_IN_FORMS as error:
        return answer(visit, typed_by(form), error=error)
    return visit.go(f"{PATH}/{role.id}", notice="created")


@get(f"{ONE}/edit", permission="roles:admin")
async def ask_role_change(visit: PageVisit, role_id: FromPath[UUID]) -> Response[Any]:
    """Show the form that changes a role."""
    role = await access_roles.get_role(visit.session, visit.actor, role_id)
    typed = {
        "label": role.label,
        "internal_name": role.internal_name,
        "description": role.description,
        "everything": role.permissions is None,
        "permissions": role.permissions or frozenset(),
        "version": role.version,
    }
    return answer(visit, typed, role=role)


@post(f"{ONE}/edit", permission="roles:admin", fresh=True)
async def change_role(visit: PageVisit, role_id: FromPath[UUID]) -> Response[Any]:
    """Change a role."""
    role = await access_roles.get_role(visit.session, visit.actor, role_id)
    form = await visit.form()
    try:
        change = RoleChange(
            label=form.get("label"),
            internal_name=form.get("internal_name").strip(),
            description=form.get("description"),
            permissions=permissions_of(form),
        )
        await access_roles.update_role(
            visit.session, visit.actor, role_id, change, version=form.version or role.version, now=visit.now
        )
    except SHOWN_IN_FORMS as error:
        return answer(visit, typed_by(form), role=role, error=error)
    return visit.go(f"{PATH}/{role_id}", notice="saved")


@post(f"{ONE}/delete", permission="roles:admin", fresh=True)
async def delete_role(visit: PageVisit, role_id: FromPath[UUID]) -> Response[Any]:
    """Delete a role that nobody holds."""
    try:
        await access_roles.delete_role(visit.session, visit.actor, role_id)
    except SHOWN_IN_FORMS as error:
        return await show(visit, role_id, error)
    return visit.go(PATH, notice="deleted")


async def show(visit: Visit, role_id: UUID, error: TesseraError | None = None) -> Response[Any]:
    """Answer with the page of one role, and why what was asked was refused."""
    role = await access_roles.get_role(visit.session, visit.actor, role_id)
    return visit.page(
        "access/templates/role.html",
        role=role,
        grid=make_grid(role.permissions),
        status=form_status(error),
        fault="" if error is None else error.message,
        may_copy=may_change(visit),
        may_change=may_change(visit) and not access_roles.find_excess(visit.actor, role.permissions),
    )


def answer(
    visit: Visit, typed: Mapping[str, Any], *, role: Role | None = None, error: TesseraError | None = None
) -> Response[Any]:
    """Answer with the form, what was typed in it, and what is wrong with that."""
    return visit.page(
        "access/templates/role_form.html",
        role=role,
        typed=typed,
        **shown(error),
        labels=LABELS,
        grid=make_grid(typed["permissions"]),
        may_everything=visit.actor.permissions is None,
        close=PATH if role is None else f"{PATH}/{role.id}",
    )


def permissions_of(form: Form) -> frozenset[str] | None:
    """Return what the role shall allow; None is everything."""
    chosen = None if form.ticked("everything") else chosen_grants(form)
    form.check()
    return chosen


def typed_by(form: Form) -> dict[str, Any]:
    """Return what was typed, to show it again."""
    return {
        "label": form.get("label"),
        "internal_name": form.get("internal_name"),
        "description": form.get("description"),
        "everything": form.ticked("everything"),
        "permissions": chosen_grants(form),
        "version": form.get("version"),
    }


def may_change(visit: Visit) -> bool:
    """Say whether the visitor may make and change roles, which are the same for every chain."""
    return visit.actor.may("roles:admin") and visit.actor.chains is None
