"""Secret headers of templates at rest: each value sealed for its chain and header, so that copies and runs share it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tessera.outbound.rendering import Header, TemplateError, TemplateShape, read_shape
from tessera.outbound.store import templates as store
from tessera.platform.db import Session
from tessera.platform.secrets import MASK, KeyRing, SecretError

Shape = Mapping[str, Any]
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HeaderSeals:
    """Seals and opens the values of one chain's secret headers."""

    chain_id: UUID
    keys: KeyRing

    def seal(self, name: str, value: str) -> str:
        """Seal the value of the header with that name, in whatever case."""
        return self.keys.seal(value, self._purpose_of(name))

    def open(self, name: str, sealed: str) -> str:
        """Return the value in plain text; it goes into requests and nowhere else."""
        return self.keys.open(sealed, self._purpose_of(name)).reveal()

    def reseal(self, name: str, sealed: str) -> str:
        """Return the same value under the newest key."""
        return self.keys.reseal(sealed, self._purpose_of(name))

    def holds(self, name: str, sealed: str | None, value: str) -> bool:
        """Say whether the sealed text is of that value; one that cannot be opened any more is of none."""
        try:
            return sealed is not None and self.open(name, sealed) == value
        except SecretError:
            return False

    def _purpose_of(self, name: str) -> str:
        return f"http-template:{self.chain_id}:header:{name.lower()}"


def sealed_values(stored: Shape) -> dict[str, str]:
    """Return the sealed values of a stored shape's secret headers by their names in lower case."""
    return {line["name"].lower(): line["value"] for line in stored.get("headers", ()) if line["secret"]}


def hide_headers(stored: Shape) -> dict[str, Any]:
    """Return a stored shape as people may see it."""
    return with_values(stored, lambda _line: MASK)


def open_headers(stored: Shape, seals: HeaderSeals) -> dict[str, Any]:
    """Return a stored shape with its secret headers open; a shape of another kind may have no headers at all."""
    return with_values(stored, lambda line: seals.open(line["name"], line["value"]))


def seal_headers(plain: Shape, seals: HeaderSeals, stored: Shape) -> dict[str, Any]:
    """Return an opened shape as it is stored; what is the same as before keeps its sealed text."""
    known = sealed_values(stored)

    def sealed(line: Line) -> str:
        before = known.get(line["name"].lower())
        if before is not None and seals.holds(line["name"], before, line["value"]):
            return before
        return seals.seal(line["name"], line["value"])

    return with_values(plain, sealed)


def reseal_headers(stored: Shape, seals: HeaderSeals) -> dict[str, Any]:
    """Return a stored shape with every seal under the newest key."""
    return with_values(stored, lambda line: seals.reseal(line["name"], line["value"]))


def with_values(shape: Shape, value_of: Callable[[Line], str]) -> dict[str, Any]:
    """Return the shape with other values in its secret headers."""
    if "headers" not in shape:
        return dict(shape)
    lines = [{**line, "value": value_of(line)} if line["secret"] else line for line in shape["headers"]]
    return {**shape, "headers": lines}


def open_shape(given: TemplateShape | None, stored: Shape, seals: HeaderSeals) -> TemplateShape:
    """Return what is given instead of a stored shape, or that shape itself, ready to be compiled."""
    return read_shape(open_headers(stored, seals)) if given is None else keep_secrets(given, stored, seals)


def kept_headers(given: TemplateShape | None, stored: Shape) -> list[str]:
    """Return the names of secret headers whose stored values stay: all, or those given by the mask."""
    known = sealed_values(stored)
    if given is None:
        return sorted(known)
    return [header.name for header in given.headers if header.value == MASK and header.name.lower() in known]


def keep_secrets(shape: TemplateShape, stored: Shape, seals: HeaderSeals) -> TemplateShape:
    """Return the shape with the values that secret headers have where only the mask was given."""
    known = sealed_values(stored)
    return replace(shape, headers=tuple(keep_secret(header, known, seals) for header in shape.headers))


def keep_secret(header: Header, known: Mapping[str, str], seals: HeaderSeals) -> Header:
    """Return one header with its value."""
    if header.value != MASK or header.name.lower() not in known:
        return header
    if not header.secret:
        raise TemplateError("enter the value again to show it from now on.", place=f"Header {header.name[:80]}")
    return replace(header, value=seals.open(header.name, known[header.name.lower()]))


async def reseal_templates(session: Session, keys: KeyRing) -> int:
    """Seal the secret headers of every template with the newest key; return how many templates changed."""
    resealed = dict(list_resealed(await store.list_sealed(session), keys))
    if resealed:
        await store.replace_shapes(session, resealed)
    return len(resealed)


def list_resealed(rows: Sequence[Mapping[str, Any]], keys: KeyRing) -> Iterator[tuple[UUID, Shape]]:
    """Yield the ids of templates whose seals are not current, with their shapes sealed again."""
    for row in rows:
        shape = reseal_headers(row["shape"], HeaderSeals(row["chain_id"], keys))
        if shape != row["shape"]:
            yield row["id"], shape
