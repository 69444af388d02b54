"""The check of a query before it meets the database: one SELECT over the datasets, made of known parts only.

The database confines a query in any case. The check is the first of two fences, and the one that explains itself:
whatever is not on a list here is refused, with its name and its place.
"""

import asyncio
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import NoReturn

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from tessera.loyalty import DATASETS
from tessera.queries import vocabulary
from tessera.queries.characters import check_characters
from tessera.queries.errors import QueryInvalidError
from tessera.queries.parameters import Parameter
from tessera.queries.pieces import cut_tokens, is_parameter
from tessera.queries.sizes import fault_of_size
from tessera.queries.texts import TooManyStepsError, read_tree, refuse, tokenize

SCHEMA = "datasets"
NAMES = {dataset.name: dataset for dataset in DATASETS}
DEEPEST = 60
MOST_SUBSCRIPTS = 16

ADVICE = {
    "Lock": "a query only reads, so it cannot lock rows. Leave out FOR UPDATE or FOR SHARE",
    "Into": "a query only reads. Leave out INTO",
    "Delete": "a query only reads. Leave out DELETE",
    "Insert": "a query only reads. Leave out INSERT",
    "Update": "a query only reads. Leave out UPDATE",
    "Merge": "a query only reads. Leave out MERGE",
    "Dot": "names have at most two parts, and functions no schema. Write dataset.column, and functions by name",
    "Operator": "OPERATOR(…) is not allowed. Write the operator itself",
    "Parameter": "parameters are written :name",
    "Placeholder": "parameters are written :name",
    "CurrentUser": "current_user is not allowed in a query",
    "SessionUser": "session_user is not allowed in a query",
    "ObjectIdentifier": "casts to the database's own types are not allowed",
    "TableSample": "TABLESAMPLE is not allowed on a dataset. Use LIMIT",
}


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """What the check learned: the datasets that are read."""

    datasets: frozenset[str]

    @property
    def personal(self) -> bool:
        """Say whether a dataset among them identifies persons."""
        return any(NAMES[name].personal for name in self.datasets)


def check_query(text: str, parameters: Sequence[Parameter] = ()) -> CheckedQuery:
    """Return what the query reads; raise `QueryInvalidError` with name, place and advice if anything is not allowed."""
    tokens = tokenize(text)
    check_characters(text, tokens)
    check_frame(text, tokens)
    cut_tokens(text, tokens, parameters)
    try:
        return Check(text, parse(text, tokens)).run()
    except (RecursionError, TooManyStepsError):
        raise QueryInvalidError("The query is nested too deep to be read. Use WITH to flatten it.") from None


async def check_aside(text: str, parameters: Sequence[Parameter] = ()) -> CheckedQuery:
    """Check a query beside the event loop: a long text takes a tenth of a second, and others are not kept waiting."""
    return await asyncio.to_thread(check_query, text, parameters)


def check_frame(text: str, tokens: Sequence[Token]) -> None:
    """Refuse what is no single SELECT, and what is nested so deep that reading it would be the attack."""
    if not tokens:
        raise QueryInvalidError("The query is empty. Write a SELECT.")
    if tokens[0].token_type not in (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN):
        refuse(text, tokens[0].start, f"a query begins with SELECT or WITH, not with {tokens[0].text[:40]}")
    depth, subscripts, ended = 0, 0, False
    for before, token in pairwise((tokens[0], *tokens)):
        if ended and token.token_type is not TokenType.SEMICOLON:
            refuse(text, token.start, "a query is one statement. Delete what follows the semicolon")
        ended = token.token_type is TokenType.SEMICOLON
        depth += token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.CASE)
        depth -= token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.END)
        if depth > DEEPEST:
            refuse(text, token.start, f"the query is nested more than {DEEPEST} deep. Use WITH to flatten it")
        if token.token_type is TokenType.L_BRACKET:
            subscripts = subscripts + 1 if before.token_type is TokenType.R_BRACKET else 1
        if subscripts > MOST_SUBSCRIPTS:
            refuse(text, token.start, f"more than {MOST_SUBSCRIPTS} subscripts in a row. Write fewer")


def parse(text: str, tokens: Sequence[Token]) -> exp.Expr:
    """Return the syntax tree; parameters are numbers in it, because a number is allowed wherever a value is."""
    readable: list[Token] = []
    for index, token in enumerate(tokens):
        if is_parameter(tokens, index):
            readable.append(Token(TokenType.NUMBER, "1", token.line, token.col, token.start, tokens[index + 1].end))
        elif token.token_type is not TokenType.SEMICOLON and not (index and is_parameter(tokens, index - 1)):
            readable.append(token)
    try:
        tree = read_tree(text, readable)
    except ParseError as error:
        fault = error.errors[0]
        near = str(fault.get("highlight"))[:40]
        refuse(
            text, len(str(fault.get("start_context"))), f"this cannot be read as SQL near {near}. Correct the syntax"
        )
    except (SqlglotError, ValueError):
        raise QueryInvalidError("The query cannot be read as SQL. Correct its syntax.") from None
    if not isinstance(tree, exp.Query):
        refuse(text, tokens[0].start, "a query is one SELECT")
    return tree


@dataclass(frozen=True, slots=True)
class Check:
    """Judges one syntax tree."""

    text: str
    tree: exp.Expr

    def run(self) -> CheckedQuery:
        """Judge every node; return what the query reads."""
        expressions = {name_of(found.args["alias"].this) for found in self.tree.find_all(exp.CTE)}
        read = set()
        for node in self.tree.walk():
            self.judge(node)
            if isinstance(node, exp.Table) and (name := self.table(node, expressions)):
                read.add(name)
        return CheckedQuery(frozenset(read))

    def judge(self, node: exp.Expr) -> None:
        """Refuse a node that is on no list."""
        written = self.written(node) if isinstance(node, exp.Func) else None
        if written is not None:
            self.function(node, written)
        elif type(node).__name__ not in vocabulary.PARTS:
            spoken = type(node).sql_name() if isinstance(node, exp.Func) else type(node).__name__
            self.refuse(node, ADVICE.get(type(node).__name__, f"{spoken.lower()} is not allowed in a query"))
        if fault := fault_of_size(node):
            self.refuse(node, fault)
        match node:
            case exp.Column():
                self.column(node)
            case exp.DataType():
                self.type(node)
            case exp.With() if node.args.get("recursive"):
                self.refuse(node, "WITH RECURSIVE is not allowed: it may never end. Write plain WITH")
            case exp.CTE():
                self.expression(node)
            case exp.Lateral() if not isinstance(node.this, exp.Subquery):
                self.refuse(node, "LATERAL takes a SELECT in parentheses, not a function")

    def function(self, node: exp.Expr, written: str) -> None:
        """Refuse a function that is not on the list, and padding without a known end."""
        name = written.lower()
        if name not in vocabulary.FUNCTIONS:
            known = "docs/reference/datasets.md lists those that are"
            self.refuse(node, f"the function {name[:60]} is not allowed in a query. {known}")
        if name in vocabulary.PADDING:
            length = node.args.get("expression")
            if not (
                isinstance(length, exp.Literal) and length.is_int and int(length.this) <= vocabulary.LONGEST_PADDING
            ):
                self.refuse(node, f"{name} needs its length as a number up to {vocabulary.LONGEST_PADDING}")

    def table(self, node: exp.Table, expressions: set[str]) -> str | None:
        """Return the dataset that is read, None for a WITH name; refuse everything else."""
        if not isinstance(node.this, exp.Identifier):
            self.refuse(node, "FROM takes datasets and SELECTs in parentheses, not functions")
        name, schema = name_of(node.this), name_of(node.args["db"]) if node.args.get("db") else None
        if node.args.get("catalog") or schema not in (None, SCHEMA):
            self.refuse(node, f"{node.sql('postgres')[:80]} is not a dataset. {self.choices()}")
        if schema is None and name in expressions:
            return None
        if name not in NAMES:
            self.refuse(node, f"{name[:60]} is not a dataset. {self.choices()}")
        return name

    def column(self, node: exp.Column) -> None:
        """Refuse system columns, names across schemas, and words that PostgreSQL reads as vocabulary."""
        if not isinstance(node.this, exp.Identifier):
            return
        name = name_of(node.this)
        if name in vocabulary.SYSTEM_COLUMNS:
            self.refuse(node, f"{name} is a column of the database itself. Datasets have an id instead")
        if name in vocabulary.WORDS and not node.this.args.get("quoted") and not node.table:
            self.refuse(node, f"{name} is not allowed in a query")
        schema = node.args.get("db")
        if node.args.get("catalog") or (schema is not None and name_of(schema) != SCHEMA):
            self.refuse(node, "a column is written dataset.column")

    def type(self, node: exp.DataType) -> None:
        """Refuse types that are not on the list."""
        kind = node.this
        if not isinstance(kind, exp.DType) or kind.name not in vocabulary.TYPES:
            self.refuse(node, f"the type {node.sql('postgres')[:60]} is not allowed in a query")

    def expression(self, node: exp.CTE) -> None:
        """Refuse WITH names that could hide a table of the database, and WITH parts that are not SELECT."""
        name = name_of(node.args["alias"].this)
        if name.startswith("pg_") or name in NAMES:
            self.refuse(node, f"the WITH name {name[:60]} is taken. Choose another")
        if not isinstance(node.this, exp.Query):
            self.refuse(node, ADVICE.get(type(node.this).__name__, "WITH takes SELECTs only"))

    def written(self, node: exp.Func) -> str | None:
        """Return the function's name as its author wrote it; operators and special forms have none."""
        if "start" not in node.meta:
            return None
        return self.text[node.meta["start"] : node.meta["end"] + 1].strip('"')

    def refuse(self, node: exp.Expr, fault: str) -> NoReturn:
        """Raise with the place of the node, or of what is nearest to it."""
        refuse(self.text, next(places(node), 0), fault)

    @staticmethod
    def choices() -> str:
        """Say what a query may read."""
        return f"Datasets are {', '.join(NAMES)}"


def places(node: exp.Expr) -> Iterator[int]:
    """Give the known places of the node, of its parts, and of what it is a part of."""
    current: exp.Expr | None = node
    searched: exp.Expr | None = None
    while current is not None:
        # What was searched already is passed over, so that a long chain of operators is walked once.
        parts = current.walk(prune=partial(operator.is_, searched))
        if starts := [part.meta["start"] for part in parts if "start" in part.meta and part is not searched]:
            yield min(starts)
        current, searched = current.parent, current


def name_of(identifier: exp.Expr) -> str:
    """Return a name as PostgreSQL sees it: in lower case unless it is quoted."""
    return identifier.name if identifier.args.get("quoted") else identifier.name.lower()
