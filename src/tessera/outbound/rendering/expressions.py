"""One placeholder's expression: Jinja's own parser reads it, an allow-list of its nodes becomes plain functions.

Jinja's compiler and sandbox are not used: the one folds constants while it compiles (a template saved with
`"x" * 10**9` would fill the memory at once), the other confines attributes only.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.parser import Parser

from tessera.outbound.rendering.errors import TemplateError, UnknownColumnError
from tessera.outbound.rendering.filters import FILTERS, Filter
from tessera.outbound.rendering.literals import environment
from tessera.outbound.rendering.operators import BINARY, COMPARISONS, TESTS, UNARY, item_of, slice_of
from tessera.outbound.rendering.placeholders import Placeholder
from tessera.outbound.rendering.values import FAILURES, Evaluate, RowFault, Scope, Unfit, check_size
from tessera.platform.json_values import text_of

FACTS = ("id", "export", "template", "started_at", "request_index", "row_count", "idempotency_key")
DEEPEST = 40
LONGEST = 8_192


@dataclass(frozen=True, slots=True)
class Expression:
    """A placeholder ready to evaluate, and what it reads; `start` is the character at which it begins."""

    start: int
    evaluate: Evaluate
    columns: frozenset[str]
    facts: frozenset[str]
    omits_null: bool
    encodes_itself: bool


class Refused(Exception):  # noqa: N818 - never leaves this module
    """Something outside the allow-list; `word` is what to point at."""

    def __init__(self, message: str, word: str | None = None, kind: type[TemplateError] = TemplateError) -> None:
        super().__init__(message)
        self.message, self.word, self.kind = message, word, kind


class ExpressionCompiler:
    """Turns placeholders into functions of a scope, for one query's columns."""

    def __init__(self, columns: dict[str, int], limit: int) -> None:
        self.columns = columns
        self.limit = limit

    def compile(self, placeholder: Placeholder, place: str) -> Expression:
        """Return the placeholder's expression, or raise `TemplateError` naming the place."""
        source = placeholder.source
        try:
            node = parse_expression(source)
            omits_null = isinstance(node, nodes.Filter) and node.name == "omit_null"
            if isinstance(node, nodes.Filter) and omits_null:
                node = inner_of(node)
            reader = NodeReader(self.columns, self.limit)
            evaluate = reader.read(node, 0)
        except Refused as refused:
            at = placeholder.start + position_of(refused.word, source)
            raise refused.kind(refused.message, place=place, character=at) from None
        if not isinstance(evaluate, itemgetter):
            evaluate = guarded(evaluate, place, source.strip())
        encodes_itself = isinstance(node, nodes.Filter) and node.name == "urlenc"
        return Expression(
            start=placeholder.start,
            evaluate=evaluate,
            columns=frozenset(reader.used_columns),
            facts=frozenset(reader.used_facts),
            omits_null=omits_null,
            encodes_itself=encodes_itself,
        )


def parse_expression(source: str) -> nodes.Expr:
    """Return Jinja's tree of the expression."""
    if len(source) > LONGEST:
        raise Refused(f"the expression is longer than {LONGEST:,} characters. Move the work into the query.")
    try:
        parser = Parser(environment, source, state="variable")
        node = parser.parse_expression()
        if not parser.stream.eos:
            raise Refused(f'"{parser.stream.current}" follows where the expression should end.')
    except TemplateSyntaxError as error:
        if error.__cause__ is not None:
            raise Refused("a backslash in a text begins no escape. Write two for the sign itself.") from None
        raise Refused(f"{error.message or 'the expression cannot be read'}".rstrip(".") + ". Correct it.") from None
    except (RecursionError, ValueError, OverflowError):
        raise Refused("the expression cannot be read: it is nested too deep or holds too long a number.") from None
    return node


def inner_of(node: nodes.Filter) -> nodes.Expr:
    """Return what `omit_null` applies to."""
    if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs or node.node is None:
        raise Refused("omit_null takes nothing in brackets.", "omit_null")
    return node.node


def position_of(word: str | None, source: str) -> int:
    """Return how far behind the opening braces the word is; 0, the braces themselves, if nowhere."""
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", source) if word else None
    return found.start() + 2 if found else 0


def guarded(evaluate: Evaluate, place: str, source: str) -> Evaluate:
    """Return the function with its failures reported as this row's."""
    shown = source if len(source) <= 80 else f"{source[:77]}…"

    def evaluate_or_fault(scope: Scope) -> Any:
        try:
            return evaluate(scope)
        except FAILURES as error:
            reason = str(error) if isinstance(error, Unfit) else "the operation does not fit the values"
            raise RowFault("value_invalid", f"{place}: {{{{ {shown} }}}} failed: {reason}") from None

    return evaluate_or_fault


class NodeReader:
    """Reads one tree of nodes; whatever has no method here is refused."""

    def __init__(self, columns: dict[str, int], limit: int) -> None:
        self.columns = columns
        self.limit = limit
        self.used_columns: set[str] = set()
        self.used_facts: set[str] = set()

    def read(self, node: nodes.Node, depth: int) -> Evaluate:
        """Return the function of a node."""
        if depth > DEEPEST:
            raise Refused("the expression is nested too deep. Move the work into the query.")
        if isinstance(node, nodes.BinExpr) and type(node).__name__ in BINARY:
            return self.read_binary(node, depth)
        if isinstance(node, nodes.UnaryExpr):
            return self.read_unary(node, depth)
        read = getattr(self, f"read_{type(node).__name__.lower()}", None)
        if read is None:
            raise Refused(explain_node(node))
        return read(node, depth)  # type: ignore[no-any-return]

    def read_const(self, node: nodes.Const, _depth: int) -> Evaluate:
        """A literal."""
        value = node.value
        if isinstance(value, Decimal) and not math.isfinite(float(value)):
            raise Refused("the number is too large for JSON.")
        if isinstance(value, str):
            check_text(value)
        return lambda _scope: value

    def read_name(self, node: nodes.Name, _depth: int) -> Evaluate:
        """A column by its bare name."""
        if node.name == "run":
            raise Refused(f"run is not a value; write one of {', '.join('run.' + fact for fact in FACTS)}.", "run")
        if node.name == "row":
            raise Refused('row is not a value; write row["Column Name"].', "row")
        return self.column(node.name)

    def column(self, name: str) -> Evaluate:
        """A column of the query."""
        if name not in self.columns:
            known = ", ".join(self.columns) or "none"
            raise Refused(f'there is no column "{name}". The query gives: {known}.', name, UnknownColumnError)
        self.used_columns.add(name)
        return itemgetter(self.columns[name])

    def read_getattr(self, node: nodes.Getattr, _depth: int) -> Evaluate:
        """A fact of the run; nothing else has attributes."""
        if not (isinstance(node.node, nodes.Name) and node.node.name == "run"):
            raise Refused(f'only run has parts written with a dot. Write ["{node.attr}"] instead.', node.attr)
        if node.attr not in FACTS:
            raise Refused(f"run has no {node.attr}; it has {', '.join(FACTS)}.", node.attr)
        self.used_facts.add(node.attr)
        at, fact = len(self.columns), node.attr
        return lambda scope: scope[at][fact]

    def read_getitem(self, node: nodes.Getitem, depth: int) -> Evaluate:
        """`row["Column Name"]`, or an item or slice of a value."""
        if isinstance(node.node, nodes.Name) and node.node.name == "row":
            if not (isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str)):
                raise Refused('row takes a column\'s name in quotes: row["Column Name"].', "row")
            return self.column(node.arg.value)
        target = self.read(node.node, depth + 1)
        if isinstance(node.arg, nodes.Slice):
            return self.read_cut(node.arg, target, depth)
        key = self.read(node.arg, depth + 1)
        return lambda scope: item_of(target(scope), key(scope))

    def read_cut(self, node: nodes.Slice, target: Evaluate, depth: int) -> Evaluate:
        """A slice of a text or list."""
        bounds = [self.read(end, depth + 1) if end else nothing for end in (node.start, node.stop, node.step)]
        start, stop, step = bounds
        return lambda scope: slice_of(target(scope), slice(start(scope), stop(scope), step(scope)))

    def read_filter(self, node: nodes.Filter, depth: int) -> Evaluate:
        """A filter of the list."""
        if node.name == "omit_null":
            raise Refused(
                'omit_null comes last, and its placeholder is the whole value: "{{ x | omit_null }}".', node.name
            )
        known = FILTERS.get(node.name)
        if known is None or node.node is None:
            raise Refused(f'there is no filter "{node.name}". There are: {", ".join(FILTERS)}, omit_null.', node.name)
        check_arguments(node, known)
        value = self.read(node.node, depth + 1)
        arguments = [self.read(argument, depth + 1) for argument in node.args]
        return applied(known, value, arguments)

    def read_test(self, node: nodes.Test, depth: int) -> Evaluate:
        """`is none` and its like."""
        test = TESTS.get(node.name)
        if test is None or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise Refused(f'there is no test "{node.name}". There are: {", ".join(TESTS)}.', node.name)
        value = self.read(node.node, depth + 1)
        return lambda scope: test(value(scope))

    def read_binary(self, node: nodes.BinExpr, depth: int) -> Evaluate:
        """Arithmetic."""
        work, limit = BINARY[type(node).__name__], self.limit
        left, right = self.read(node.left, depth + 1), self.read(node.right, depth + 1)
        return lambda scope: check_size(work(left(scope), right(scope)), limit)

    def read_unary(self, node: nodes.UnaryExpr, depth: int) -> Evaluate:
        """A sign, or `not`."""
        work, value = UNARY[type(node).__name__], self.read(node.node, depth + 1)
        return lambda scope: work(value(scope))

    def read_and(self, node: nodes.And, depth: int) -> Evaluate:
        """`and`."""
        left, right = self.read(node.left, depth + 1), self.read(node.right, depth + 1)
        return lambda scope: left(scope) and right(scope)

    def read_or(self, node: nodes.Or, depth: int) -> Evaluate:
        """`or`."""
        left, right = self.read(node.left, depth + 1), self.read(node.right, depth + 1)
        return lambda scope: left(scope) or right(scope)

    def read_compare(self, node: nodes.Compare, depth: int) -> Evaluate:
        """Comparisons, also in chains."""
        first = self.read(node.expr, depth + 1)
        rest = [(COMPARISONS[operand.op], self.read(operand.expr, depth + 1)) for operand in node.ops]
        return lambda scope: compare(first(scope), rest, scope)

    def read_concat(self, node: nodes.Concat, depth: int) -> Evaluate:
        """`~` joins texts."""
        parts, limit = [self.read(part, depth + 1) for part in node.nodes], self.limit
        return lambda scope: check_size("".join([text_of(part(scope)) for part in parts]), limit)

    def read_condexpr(self, node: nodes.CondExpr, depth: int) -> Evaluate:
        """`a if b else c`; without an else it is null."""
        test, then = self.read(node.test, depth + 1), self.read(node.expr1, depth + 1)
        otherwise = self.read(node.expr2, depth + 1) if node.expr2 else nothing
        return lambda scope: then(scope) if test(scope) else otherwise(scope)

    def read_list(self, node: nodes.List | nodes.Tuple, depth: int) -> Evaluate:
        """A list."""
        items = [self.read(item, depth + 1) for item in node.items]
        return lambda scope: [item(scope) for item in items]

    read_tuple = read_list

    def read_dict(self, node: nodes.Dict, depth: int) -> Evaluate:
        """An object."""
        pairs = [(self.read(pair.key, depth + 1), self.read(pair.value, depth + 1)) for pair in node.items]
        return lambda scope: {text_of(key(scope)): value(scope) for key, value in pairs}


def nothing(_scope: Scope) -> None:
    """Marks a part that was left out."""


def compare(left: Any, rest: list[tuple[Callable[[Any, Any], bool], Evaluate]], scope: Scope) -> bool:
    """Return whether each neighbour compares as asked."""
    for holds, evaluate in rest:
        right = evaluate(scope)
        if not holds(left, right):
            return False
        left = right
    return True


def check_arguments(node: nodes.Filter, known: Filter) -> None:
    """Refuse brackets that the filter does not take."""
    if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) != known.arguments:
        taken = "one value" if known.arguments else "nothing"
        raise Refused(f"{node.name} takes {taken} in brackets.", node.name)
    if known.check:
        argument = node.args[0]
        fault = known.check(argument.value if isinstance(argument, nodes.Const) else None)
        if fault:
            raise Refused(fault, node.name)


def applied(known: Filter, value: Evaluate, arguments: list[Evaluate]) -> Evaluate:
    """Return the filter applied to a value."""
    work, takes_null = known.work, known.takes_null

    def apply(scope: Scope) -> Any:
        given = value(scope)
        if given is None and not takes_null:
            return None
        return work(given, *[argument(scope) for argument in arguments])

    return apply


def check_text(text: str) -> None:
    """Refuse half of a surrogate pair, which no encoding can carry."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Refused("the text holds half of a surrogate pair, which cannot be sent.") from None


def explain_node(node: nodes.Node) -> str:
    """Say why a kind of node is not allowed."""
    if isinstance(node, nodes.Call):
        return "functions and methods cannot be called. Use a filter, or move the work into the query."
    if isinstance(node, nodes.Pow):
        return "the operator ** is not available. Move the work into the query."
    return f"{type(node).__name__} is not available in templates. Move the work into the query."
