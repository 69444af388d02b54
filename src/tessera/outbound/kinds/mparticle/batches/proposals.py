"""What the map of a new definition begins with, proposed by the names of the query's columns."""

from collections.abc import Iterator, Sequence

from tessera.outbound.kinds.mparticle.batches.mapping import MappingLine, TargetKind

IDENTITY_COLUMNS = ("customer_id", "integration_id", "external_id")
# A column that is merely called state is a membership's state more often than a place.
ATTRIBUTE_COLUMNS = {
    "$firstname": ("first_name", "firstname"),
    "$lastname": ("last_name", "lastname"),
    "$mobile": ("mobile", "mobile_number", "phone"),
    "$zip": ("zip", "zip_code", "postal_code"),
    "$city": ("city",),
    "$state": ("state_code", "region", "province"),
    "$country": ("country", "country_code"),
    "$address": ("address", "street"),
    "$age": ("age",),
    "$gender": ("gender", "sex"),
}


def propose_lines(columns: Sequence[str]) -> list[MappingLine]:
    """Return the identity and the reserved attributes that the columns offer."""
    identity = next(find(columns, IDENTITY_COLUMNS), None)
    lines = [] if identity is None else [MappingLine(TargetKind.USER_IDENTITY, "customer_id", identity)]
    for name, known in ATTRIBUTE_COLUMNS.items():
        column = next(find(columns, known), None)
        if column is not None:
            lines.append(MappingLine(TargetKind.USER_ATTRIBUTE, name, column))
    return lines


def find(columns: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    """Yield the columns with one of the names, in whatever case, best first."""
    for name in known:
        yield from (column for column in columns if column.lower() == name)
