"""Which properties of a template go together; a shape that passes can be compiled."""

import re

from tessera.outbound.rendering.errors import TemplateError, UnknownColumnError
from tessera.outbound.rendering.expressions import Expression
from tessera.outbound.rendering.shapes import ErrorPath, Method, TemplateShape
from tessera.outbound.rendering.texts import Text, check_header_name

LARGEST_BATCH = 1000
LARGEST_BODY = 64 * 1_048_576
METHODS = frozenset(Method)
NEEDS_BODY = frozenset({Method.POST, Method.PUT, Method.PATCH})
CARRIES_KEY = frozenset({Method.POST, Method.PATCH})
POINTER = re.compile(r"(/([^~/]|~[01])*)*")


def check_shape(shape: TemplateShape, columns: dict[str, int]) -> None:
    """Refuse properties that do not go together."""
    if shape.method not in METHODS:
        raise TemplateError(f"give one of {', '.join(Method)}.", place="HTTP Method")
    if not 1 <= shape.batch_size <= LARGEST_BATCH:
        raise TemplateError(f"give a number from 1 to {LARGEST_BATCH}.", place="Batch Size")
    if not 1 <= shape.max_body_bytes <= LARGEST_BODY:
        raise TemplateError(f"give a number from 1 to {LARGEST_BODY}.", place="Max body bytes")
    check_body(shape)
    if shape.idempotency_header is not None:
        names = {header.name.lower() for header in shape.headers}
        check_header_name(shape.idempotency_header, names, place="Idempotency header")
    for first, last in shape.success_statuses:
        if not 200 <= first <= last <= 599:
            raise TemplateError("give ranges of statuses between 200 and 599.", place="Success statuses")
    if shape.error_path is not None:
        check_error_path(shape.error_path, columns)


def check_body(shape: TemplateShape) -> None:
    """Refuse a missing or superfluous body or envelope."""
    if shape.body is None and shape.method in NEEDS_BODY:
        raise TemplateError(f"{shape.method} needs one.", place="Body")
    if shape.body is not None and shape.method == Method.GET:
        raise TemplateError("GET sends none. Put the values into the URL Path, or choose another method.", place="Body")
    if shape.envelope is not None and batch_size_of(shape) == 1:
        raise TemplateError(
            "only requests of several rows have one. Raise the Batch Size or clear it.", place="Envelope"
        )


def batch_size_of(shape: TemplateShape) -> int:
    """Return how many rows a request carries; without a body it can carry only one."""
    return 1 if shape.body is None else shape.batch_size


def check_error_path(path: ErrorPath, columns: dict[str, int]) -> None:
    """Refuse an error path that could not name rows."""
    pointers = [pointer for pointer in (path.items, path.index, path.key, path.message) if pointer is not None]
    if not all(POINTER.fullmatch(pointer) for pointer in pointers):
        raise TemplateError('give JSON Pointers, such as "/errors".', place="Error path")
    if (path.index is None) == (path.key is None):
        raise TemplateError("point to the item's index or to its key, one of them.", place="Error path")
    if (path.key is None) != (path.column is None):
        raise TemplateError("a key needs the column that it equals.", place="Error path")
    if path.column is not None and path.column not in columns:
        raise UnknownColumnError(
            f'there is no column "{path.column}". The query gives: {", ".join(columns)}.', place="Error path"
        )


def check_reads(text: Text, place: str, *, several_rows: bool) -> None:
    """Refuse columns where a request carries several rows, and `omit_null` outside a body."""
    for expression in text.expressions:
        if several_rows and expression.columns:
            raise TemplateError(
                f'the column "{min(expression.columns)}" cannot be used here while a request carries several rows. '
                "Use run, or set Batch Size to 1.",
                place=place,
                character=expression.start,
            )
        if expression.omits_null:
            raise TemplateError("omit_null works only in the body.", place=place, character=expression.start)


def check_facts(expressions: list[Expression], place: str, *, unknown: frozenset[str]) -> None:
    """Refuse what the run does not know yet at the place of the expressions."""
    for expression in expressions:
        early = expression.facts & unknown
        if early:
            raise TemplateError(
                f"run.{min(early)} is not known yet when this part is made. Use it in a header or the URL Path.",
                place=place,
                character=expression.start,
            )


def check_envelope(expressions: list[Expression], records_seen: int) -> None:
    """Refuse an envelope without its one place for the records, or with columns."""
    if records_seen != 1:
        raise TemplateError('the text "{{ records }}" must occur exactly once, as a whole value.', place="Envelope")
    for expression in expressions:
        if expression.columns:
            raise TemplateError(
                f'the column "{min(expression.columns)}" cannot be used outside the records.',
                place="Envelope",
                character=expression.start,
            )
