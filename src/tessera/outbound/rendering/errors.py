"""Faults of templates."""

from tessera.platform.errors import InvalidError

# How a place in a template begins, and the property that it is in.
FIELDS = {
    "HTTP Method": "method",
    "URL Path": "url_path",
    "Header": "headers",
    "Body": "body",
    "Envelope": "envelope",
    "Batch Size": "batch_size",
    "Max body bytes": "max_body_bytes",
    "Idempotency header": "idempotency_header",
    "Success statuses": "success_statuses",
    "Error path": "error_path",
}


class TemplateError(InvalidError):
    """A template that cannot work; `place` and `character` say where, `field` in which property."""

    code = "validation_failed"

    def __init__(self, message: str, *, place: str, character: int | None = None) -> None:
        where = place if character is None else f"{place}, character {character}"
        field = next((name for start, name in FIELDS.items() if place.startswith(start)), None)
        super().__init__(f"{where}: {message}", place=place, character=character, field=field)


class UnknownColumnError(TemplateError):
    """A template names a column that the query does not give."""

    code = "unknown_column"
