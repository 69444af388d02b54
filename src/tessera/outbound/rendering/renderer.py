"""From rows to requests. The same rows make the same bytes, so that a run taken over sends what it would have sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import msgspec

from tessera.outbound.rendering.bodies import RECORDS, BodyCompiler
from tessera.outbound.rendering.expressions import ExpressionCompiler
from tessera.outbound.rendering.shape_checks import (
    CARRIES_KEY,
    batch_size_of,
    check_envelope,
    check_facts,
    check_reads,
    check_shape,
)
from tessera.outbound.rendering.shapes import Plan, PlannedRequest, RowFailure, RunFacts, TemplateShape
from tessera.outbound.rendering.texts import PATH, Text, compile_headers, compile_path
from tessera.outbound.rendering.values import FAILURES, Evaluate, RowFault
from tessera.platform.json_values import encode, text_of

KEYS = UUID("0f6f4e0e-6a0b-5d0e-9b1d-7c2f5f0d3a41")  # the namespace of idempotency keys; never changes
CONTENT_TYPE = ("Content-Type", "application/json")

Row = tuple[int, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Parts:
    """A template's parts, ready to evaluate."""

    path: Text
    headers: list[tuple[str, Text]]
    body: Evaluate | None
    envelope: Evaluate | None
    body_reads_run: bool
    key_in_head: bool
    key_column: int | None


class CompiledTemplate:
    """A template made ready for one query's columns: compiled once per run, free of I/O and of state."""

    def __init__(self, shape: TemplateShape, columns: Sequence[str], parts: Parts, used: set[str]) -> None:
        self.shape = shape
        self.columns = tuple(columns)
        self.parts = parts
        self.used_columns = frozenset(used)
        self.rows_per_request = batch_size_of(shape)

    def plan(self, rows: Sequence[Row], run: RunFacts, *, first_index: int) -> Plan:
        """Return the requests of the rows, numbered from `first_index`, and the rows that could not be rendered."""
        builder = RequestBuilder(self, run, first_index)
        if self.rows_per_request == 1:
            for ordinal, values in rows:
                builder.add_single(ordinal, values)
        else:
            for ordinal, values in rows:
                builder.add(ordinal, values)
            builder.close()
        return Plan(builder.requests, builder.failures)


class EveryColumn(dict[str, int]):
    """Takes any name for a column, to find out which ones a template uses."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> int:
        return 0


def compile_template(shape: TemplateShape, columns: Sequence[str | tuple[str, str]]) -> CompiledTemplate:
    """Return the template ready to plan requests; raise `TemplateError` with the place of what cannot work.

    Columns are names, or pairs of name and type, in the order of a row's values.
    """
    names = [column if isinstance(column, str) else column[0] for column in columns]
    return compile_shape(shape, {name: at for at, name in enumerate(names)})


def find_columns(shape: TemplateShape) -> frozenset[str]:
    """Return the columns that the template uses, whatever a query has."""
    return compile_shape(shape, EveryColumn()).used_columns


def compile_shape(shape: TemplateShape, places: dict[str, int]) -> CompiledTemplate:
    """Compile a template for columns at these places of a row."""
    check_shape(shape, places)
    compiler = ExpressionCompiler(places, shape.max_body_bytes)
    several = batch_size_of(shape) > 1
    path = compile_path(shape.url_path, compiler)
    headers = compile_headers(shape.headers, compiler)
    for place, text in ((PATH, path), *((f"Header {name}", text) for name, text in headers)):
        check_reads(text, place, several_rows=several)
    body = BodyCompiler(compiler, "Body")
    record = None if shape.body is None else body.compile(shape.body)
    unknown = frozenset({"idempotency_key", "row_count"}) if several else frozenset({"idempotency_key"})
    check_facts(body.expressions, "Body", unknown=unknown)
    head = [*path.expressions, *(each for _, text in headers for each in text.expressions)]
    used = [*head, *body.expressions]
    parts = Parts(
        path=path,
        headers=headers,
        body=record,
        envelope=compile_envelope(shape.envelope, compiler),
        body_reads_run=any(expression.facts for expression in body.expressions),
        key_in_head=any("idempotency_key" in expression.facts for expression in head),
        key_column=places[shape.error_path.column] if shape.error_path and shape.error_path.column else None,
    )
    named = {shape.error_path.column} if shape.error_path and shape.error_path.column else set()
    return CompiledTemplate(shape, list(places), parts, named.union(*(expression.columns for expression in used)))


def compile_envelope(envelope: str | None, compiler: ExpressionCompiler) -> Evaluate | None:
    """Return the envelope ready to evaluate."""
    if envelope is None:
        return None
    body = BodyCompiler(compiler, "Envelope", is_envelope=True)
    evaluate = body.compile(envelope)
    check_envelope(body.expressions, body.records_seen)
    check_facts(body.expressions, "Envelope", unknown=frozenset({"idempotency_key"}))
    return evaluate


class RequestBuilder:
    """Collects rows into requests, for one call of `plan`."""

    def __init__(self, template: CompiledTemplate, run: RunFacts, first_index: int) -> None:
        self.template = template
        self.parts = template.parts
        self.limit = template.shape.max_body_bytes
        self.index = first_index
        self.requests: list[PlannedRequest] = []
        self.failures: list[RowFailure] = []
        self.key_stem = f"{run.chain_id}/{run.definition_id}/{run.id}"
        self.blank = (None,) * len(template.columns)
        self.facts: dict[str, Any] = {
            "id": str(run.id),
            "export": run.export,
            "template": run.template,
            "started_at": run.started_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }
        self.open()

    def open(self) -> None:
        """Begin the next request."""
        self.ordinals: list[int] = []
        self.records: list[bytes] = []
        self.keys: list[str] = []
        self.facts.update(request_index=self.index, row_count=self.template.rows_per_request, idempotency_key=None)
        self.around = 1 if self.template.rows_per_request == 1 else self.envelope_size()
        self.size = self.around

    def envelope_size(self) -> int:
        """Return how many bytes are around the records, one less because the first has no comma before it."""
        try:
            return len(self.wrap(b"[]")) - 1
        except (RowFault, *FAILURES):
            return 1  # the request will fail with its reason when it is closed

    def add(self, ordinal: int, values: Sequence[Any]) -> None:
        """Put a row into the request at hand; close that one first if the row has no room in it."""
        try:
            record = self.render_record(values)
            if self.size + len(record) + 1 > self.limit and self.ordinals:
                self.close()
                record = self.render_record(values) if self.parts.body_reads_run else record
            if self.around + len(record) + 1 > self.limit:
                raise self.too_large(len(record) + self.around + 1)
        except RowFault as fault:
            self.failures.append(RowFailure(ordinal, fault.code, fault.message))
            return
        self.ordinals.append(ordinal)
        self.records.append(record)
        self.size += len(record) + 1
        if self.parts.key_column is not None:
            self.keys.append(text_of(values[self.parts.key_column]))
        if len(self.ordinals) == self.template.rows_per_request:
            self.close()

    def add_single(self, ordinal: int, values: Sequence[Any]) -> None:
        """Make a request of one row."""
        self.facts.update(request_index=self.index, row_count=1)
        scope = (*values, self.facts)
        try:
            body = None if self.parts.body is None else encoded(self.parts.body(scope))
            if body is not None and len(body) > self.limit:
                raise self.too_large(len(body))
            keys = None if self.parts.key_column is None else (text_of(values[self.parts.key_column]),)
            self.requests.append(self.request((ordinal,), scope, body, keys))
        except RowFault as fault:
            self.failures.append(RowFailure(ordinal, fault.code, fault.message))
            return
        self.index += 1

    def close(self) -> None:
        """Make a request of the rows collected; where that fails, all of them fail."""
        if not self.ordinals:
            return
        self.facts["row_count"] = len(self.ordinals)
        try:
            body = self.wrap(b"[" + b",".join(self.records) + b"]")
            if len(body) > self.limit:
                raise self.too_large(len(body))
            keys = tuple(self.keys) if self.keys else None
            self.requests.append(self.request(tuple(self.ordinals), (*self.blank, self.facts), body, keys))
            self.index += 1
        except RowFault as fault:
            self.failures.extend(RowFailure(ordinal, fault.code, fault.message) for ordinal in self.ordinals)
        self.open()

    def render_record(self, values: Sequence[Any]) -> bytes:
        """Return one row's record."""
        assert self.parts.body is not None
        return encoded(self.parts.body((*values, self.facts) if self.parts.body_reads_run else values))

    def wrap(self, records: bytes) -> bytes:
        """Return the body around the records."""
        if self.parts.envelope is None:
            return records
        self.facts[RECORDS] = msgspec.Raw(records)
        return encoded(self.parts.envelope((*self.blank, self.facts)))

    def request(
        self, ordinals: tuple[int, ...], scope: Sequence[Any], body: bytes | None, keys: tuple[str, ...] | None
    ) -> PlannedRequest:
        """Return the finished request."""
        shape = self.template.shape
        digest = sha256(body or b"").hexdigest()
        key = str(uuid5(KEYS, f"{self.key_stem}/{self.index}/{digest}"))
        self.facts["idempotency_key"] = key
        # A receiver that wants the key in another form gets it through a header or the path of the template.
        carries_key = shape.method in CARRIES_KEY and (shape.idempotency_header is not None or self.parts.key_in_head)
        path = self.parts.path.render(scope)
        assert path is not None
        headers = self.headers(scope, has_body=body is not None)
        return PlannedRequest(
            index=self.index,
            ordinals=ordinals,
            method=str(shape.method),
            path=path,
            headers=tuple(headers),
            body=body,
            idempotency_key=key if carries_key else None,
            keys=keys,
        )

    def headers(self, scope: Sequence[Any], *, has_body: bool) -> list[tuple[str, str]]:
        """Return the template's headers; null ones fall away, a body brings its type."""
        rendered = ((name, text.render(scope)) for name, text in self.parts.headers)
        headers = [(name, value) for name, value in rendered if value is not None]
        if has_body and not any(name.lower() == "content-type" for name, _ in headers):
            headers.insert(0, CONTENT_TYPE)
        return headers

    def too_large(self, size: int) -> RowFault:
        """Return the failure of a row that fits into no request."""
        return RowFault(
            "body_too_large",
            f"The request would have {size:,} bytes, more than the {self.limit:,} of Max body bytes. "
            "Raise the limit or send fewer columns.",
        )


def encoded(value: Any) -> bytes:
    """Return the value as JSON."""
    try:
        return encode(value)
    except FAILURES:
        raise RowFault("value_invalid", "Body: a value cannot be written as JSON.") from None
