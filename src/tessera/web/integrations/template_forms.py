"""The form of a template: what was typed, and the change that it asks for. Pure."""

import re

from tessera.outbound import Template, TemplateChange
from tessera.outbound.rendering import ErrorPath, Header, Method, TemplateError, TemplateShape, locate_fault
from tessera.platform.errors import TesseraError
from tessera.platform.ids import parse_id
from tessera.platform.secrets import MASK
from tessera.web.forms import Form

RANGE = re.compile(r"(\d{3})(?:\s*[-–]\s*(\d{3}))?", re.ASCII)
USUAL_BODY, LARGEST_BODY = 1_048_576, 64 * 1_048_576
HEADER, NO_HEADER = ("header_name", "header_value", "header_secret"), ("", "", False)
ERROR_PARTS = ("items", "index", "key", "column", "message")
LABELS = {
    "label": "Label",
    "internal_name": "Internal Name",
    "query_id": "Resource Name",
    "profile_id": "Connection Profile",
    "method": "HTTP Method",
    "url_path": "URL Path",
    "headers": "Header",
    "body": "Body",
    "envelope": "Envelope",
    "batch_size": "Batch Size",
    "max_body_bytes": "Largest body",
    "idempotency_header": "Idempotency header",
    "success_statuses": "Success statuses",
    "error_path": "Error path",
}


def form_of(template: Template) -> Form:
    """Return the form of a stored template; the values of secret headers are masked."""
    shape = template.shape
    path = shape.error_path
    values = {
        "label": template.label,
        "internal_name": template.internal_name,
        "query_id": str(template.query_id or ""),
        "profile_id": str(template.profile_id or ""),
        "method": shape.method.value,
        "url_path": shape.url_path,
        "body": shape.body or "",
        "envelope": shape.envelope or "",
        "batch_size": str(shape.batch_size),
        "max_body_bytes": str(shape.max_body_bytes),
        "idempotency_header": shape.idempotency_header or "",
        "success_statuses": ", ".join(f"{a}-{b}" if a != b else str(a) for a, b in shape.success_statuses),
        **{f"error_{part}": (getattr(path, part) or "") if path else "" for part in ERROR_PARTS},
    }
    headers = [(each.name, each.value, "true" if each.secret else "") for each in shape.headers]
    return Form.of(values, [dict(zip(HEADER, row, strict=True)) for row in headers])


def header_rows(form: Form) -> list[tuple[str, str, bool]]:
    """Return name, value and whether it is secret of each header in which something was typed."""
    rows = [(name.strip(), value, kind == "true") for name, value, kind in form.rows(*HEADER)]
    return [row for row in rows if row[0] or row[1]]


def shown_headers(form: Form) -> list[tuple[str, str, bool]]:
    """Return the headers as a page shows them again: a secret value is typed again, unless it is the mask."""
    return [(name, "" if secret and value != MASK else value, secret) for name, value, secret in header_rows(form)]


def make_change(form: Form, *, draft: bool = False) -> TemplateChange:
    """Return the change that the form asks for; raise with everything in it that cannot be read."""
    shape = make_shape(form)
    form.check()
    return TemplateChange(
        label=form.get("label"),
        internal_name=form.get("internal_name") if form.ticked("edit_internal_name") else None,
        query=parse_id(form.get("query_id")),
        profile=parse_id(form.get("profile_id")),
        shape=shape,
        version=form.version,
        draft=draft,
    )


def make_shape(form: Form) -> TemplateShape:
    """Return the shape that the form spells; what cannot be read is noted at its field."""
    method = form.choice("method", frozenset(Method)) or Method.POST
    return TemplateShape(
        method=Method(method),
        url_path=form.get("url_path").strip(),
        headers=tuple(Header(*row) for row in header_rows(form)),
        body=form.get("body").strip() or None,
        envelope=form.get("envelope").strip() or None,
        batch_size=form.whole("batch_size", least=1, most=1000) or 1,
        max_body_bytes=form.whole("max_body_bytes", least=1, most=LARGEST_BODY) or USUAL_BODY,
        idempotency_header=form.get("idempotency_header").strip() or None,
        success_statuses=read_statuses(form),
        error_path=read_error_path(form),
    )


def read_statuses(form: Form) -> tuple[tuple[int, int], ...]:
    """Return ranges of statuses, such as `200-299, 409`; nothing is every 2xx."""
    found = []
    text = form.get("success_statuses")
    for part in filter(None, (each.strip() for each in text[:1000].split(","))):
        one = RANGE.fullmatch(part)
        if one is None:
            form.fault("success_statuses", "Separate statuses and ranges with commas, such as 200-299, 409.")
            break
        found.append((int(one[1]), int(one[2] or one[1])))
    return tuple(found) or ((200, 299),)


def read_error_path(form: Form) -> ErrorPath | None:
    """Return where a success answer lists refused items; None where nothing says so."""
    parts = {part: form.get(f"error_{part}").strip() or None for part in ERROR_PARTS}
    if not any(parts.values()):
        return None
    items, index, key, column, message = parts.values()
    return ErrorPath(items or "", index, key, column, message)


def place_of(error: TesseraError, form: Form) -> tuple[str, str]:
    """Return the field with the fault, and the place in its text as an editor takes it; empty where unknown."""
    name = str(error.details.get("field") or "")
    if not isinstance(error, TemplateError) or name not in ("body", "envelope"):
        return name, ""
    # What is compiled has no blanks around it, what is edited may have.
    typed = form.get(name)
    at = locate_fault(error, typed.strip())
    return name, "" if at is None else str(at + len(typed) - len(typed.lstrip()))
