"""A value of a row and the filters behind it, as the lines of a data map have them."""

from dataclasses import dataclass

from jinja2 import nodes

from tessera.outbound.rendering.errors import TemplateError
from tessera.outbound.rendering.expressions import ExpressionCompiler, Refused, parse_expression
from tessera.outbound.rendering.filters import FILTERS
from tessera.outbound.rendering.placeholders import Placeholder
from tessera.outbound.rendering.values import Evaluate

VALUE = "value"
CASTS = frozenset({"int", "float", "bool", "json"})
LARGEST = 1_048_576


@dataclass(frozen=True, slots=True)
class Chain:
    """The value after its filters, and whether they chose its type."""

    evaluate: Evaluate
    casts: bool


def compile_chain(filters: str, at: int, place: str) -> Chain:
    """Return the value at that place of a row behind its filters; raise ValueError with what cannot work."""
    source = f"{VALUE} | {filters.strip()}" if filters.strip() else VALUE
    names = read_filters(source)
    try:
        expression = ExpressionCompiler({VALUE: at}, LARGEST).compile(Placeholder(source, 0), place)
    except TemplateError as error:
        raise ValueError(error.message.partition(": ")[2]) from None
    deciding = [name for name in names if name != "default"]
    return Chain(expression.evaluate, bool(deciding) and deciding[-1] in CASTS)


def read_filters(source: str) -> list[str]:
    """Return the filters' names in order; anything but a chain of them is refused."""
    try:
        node: nodes.Node | None = parse_expression(source)
    except Refused as refused:
        raise ValueError(refused.message) from None
    names: list[str] = []
    while (
        isinstance(node, nodes.Filter) and node.name in FILTERS and all(isinstance(a, nodes.Const) for a in node.args)
    ):
        names.insert(0, node.name)
        node = node.node
    if not (isinstance(node, nodes.Name) and node.name == VALUE):
        raise ValueError(f"give filters with | between, such as trim | upper. There are: {', '.join(FILTERS)}.")
    return names
