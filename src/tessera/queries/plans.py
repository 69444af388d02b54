"""What a plan of the database says to the author of a query, in words. Pure; every number is an estimate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]

MANY_ROWS = 1_000_000
# The planner's unit is about one page read in order; ten million of them are minutes on a usual server.
HEAVY_COST = 10_000_000


@dataclass(frozen=True, slots=True)
class Advice:
    """What the database expects: rows, and what may go wrong."""

    rows: int
    warnings: tuple[str, ...]


def read_plan(plan: Node, *, row_limit: int, has_keys: bool) -> Advice:
    """Return the estimate and the warnings of a plan as EXPLAIN gives it in JSON."""
    rows = int(plan.get("Plan Rows", 0))
    return Advice(rows, tuple(find_warnings(plan, rows, row_limit=row_limit, has_keys=has_keys)))


def find_warnings(plan: Node, rows: int, *, row_limit: int, has_keys: bool) -> Iterator[str]:
    """Yield what the author should know, the worst first."""
    if rows > row_limit:
        yield f"About {rows:,} rows are expected, and a query may give {row_limit:,}: a run would stop. Select fewer."
    product = max((size_of_product(node) for node in walk(plan)), default=0)
    if product > MANY_ROWS:
        yield (
            f"A join has no condition that narrows it: about {product:,} pairs of rows would be made. "
            "Say in ON or WHERE which rows belong together."
        )
    if plan.get("Total Cost", 0) > HEAVY_COST:
        yield "This is heavy work for the database: it may take minutes. Filter earlier, or join less."
    if not has_keys:
        yield (
            "There are no key columns: rows come in no certain order, and batches differ from run to run. "
            "Name the columns that identify a row."
        )


def size_of_product(node: Node) -> int:
    """Return how many pairs a join makes of everything with everything; 0 for other nodes."""
    parts: Sequence[Node] = node.get("Plans", ())
    if node.get("Node Type") != "Nested Loop" or "Join Filter" in node or len(parts) != 2:
        return 0
    outer, inner = (int(part.get("Plan Rows", 0)) for part in parts)
    # An inner side that is looked up by the outer one's values is no product.
    looked_up = any("Index Cond" in each or "Cache Key" in each for each in walk(parts[1]))
    return 0 if looked_up or min(outer, inner) < 2 else outer * inner


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything below it."""
    yield node
    for part in node.get("Plans", ()):
        yield from walk(part)
