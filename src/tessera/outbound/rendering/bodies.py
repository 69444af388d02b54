"""Bodies and envelopes: JSON is parsed once, placeholders work on the leaves of the tree, never on text."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tessera.outbound.rendering.errors import TemplateError
from tessera.outbound.rendering.expressions import Expression, ExpressionCompiler
from tessera.outbound.rendering.placeholders import Placeholder, split_text
from tessera.outbound.rendering.values import Evaluate, Scope
from tessera.platform.characters import name_character
from tessera.platform.json_values import read_number, text_of

DEEPEST = 100
JSON_FAULTS = {  # how Python's parser begins its messages
    "Expecting value": "a value is missing",
    "Expecting property name": "the name of a member in double quotes is missing",
    "Expecting ','": "a comma or a closing bracket is missing",
    "Expecting ':'": "a colon is missing",
    "Unterminated string": "a text is never closed",
    "Invalid control character": "a text holds a line break or control character",
    "Invalid \\": "a backslash in a text begins no escape",
    "Illegal trailing comma": "there is a comma after the last item",
    "Extra data": "there is something after the end",
}
RECORDS = "records"
# The pointers of all values together: below long names, each value would carry all of them.
MOST_POINTED = 32_000_000


@dataclass(frozen=True, slots=True)
class Branch:
    """One node of the tree: how to make its value, or the value itself where nothing in it varies."""

    make: Evaluate
    fixed: bool = False
    value: Any = None
    omits_null: bool = False


@dataclass(slots=True)
class BodyCompiler:
    """Turns one JSON text into a function of a scope."""

    compiler: ExpressionCompiler
    name: str
    is_envelope: bool = False
    expressions: list[Expression] = field(default_factory=list)
    records_seen: int = 0
    pointed: int = 0

    def compile(self, text: str) -> Evaluate:
        """Return the function that makes the body's value."""
        return self.read(parse_json(text, self.name), "", 0).make

    def read(self, node: Any, pointer: str, depth: int) -> Branch:
        """Return the branch of a parsed node."""
        if depth > DEEPEST:
            raise TemplateError(f"nested deeper than {DEEPEST} levels.", place=self.place(pointer))
        self.pointed += len(pointer)
        if self.pointed > MOST_POINTED:
            raise TemplateError("too many values below long names. Shorten the names of members.", place=self.name)
        if isinstance(node, str):
            return self.read_text(node, pointer)
        if isinstance(node, dict):
            return self.read_object(node, pointer, depth)
        if isinstance(node, list):
            return self.read_list(node, pointer, depth)
        return fixed(node)

    def place(self, pointer: str) -> str:
        """Name a place in the body."""
        return f"{self.name} at {pointer or '/'}"

    def read_text(self, text: str, pointer: str) -> Branch:
        """Read a leaf: literal, exactly one placeholder, or a text with placeholders in it."""
        place = self.place(pointer)
        parts = split_text(text, place)
        if len(parts) == 1 and isinstance(parts[0], Placeholder):
            return self.read_placeholder(parts[0], place)
        pieces = [part if isinstance(part, str) else self.evaluate_of(part, place) for part in parts]
        if all(isinstance(piece, str) for piece in pieces):
            return fixed(check_encodable(text, place))
        return Branch(joined([check_encodable(piece, place) if isinstance(piece, str) else piece for piece in pieces]))

    def read_placeholder(self, placeholder: Placeholder, place: str) -> Branch:
        """Read a leaf that is one placeholder: it becomes the native value."""
        if self.is_envelope and placeholder.source.strip() == RECORDS:
            self.records_seen += 1
            at = len(self.compiler.columns)
            return Branch(lambda scope: scope[at][RECORDS])
        expression = self.compiler.compile(placeholder, place)
        self.expressions.append(expression)
        return Branch(expression.evaluate, omits_null=expression.omits_null)

    def evaluate_of(self, placeholder: Placeholder, place: str) -> Evaluate:
        """Read a placeholder inside a longer text."""
        expression = self.compiler.compile(placeholder, place)
        if expression.omits_null:
            raise TemplateError(
                "omit_null works only where its placeholder is the whole value of a member.",
                place=place,
                character=placeholder.start,
            )
        self.expressions.append(expression)
        return expression.evaluate

    def read_list(self, node: list[Any], pointer: str, depth: int) -> Branch:
        """Read an array."""
        items = [self.read(item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(node)]
        for index, item in enumerate(items):
            if item.omits_null:
                raise TemplateError(
                    "omit_null drops members of objects, not items.", place=self.place(f"{pointer}/{index}")
                )
        if all(item.fixed for item in items):
            return fixed(node)
        makers = [item.make for item in items]
        return Branch(lambda scope: [make(scope) for make in makers])

    def read_object(self, node: dict[str, Any], pointer: str, depth: int) -> Branch:
        """Read an object; its keys are literal."""
        members: dict[str, Branch] = {}
        for key, value in node.items():
            at = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if any(isinstance(part, Placeholder) for part in split_text(key, self.place(at))):
                raise TemplateError("a member's name cannot hold placeholders.", place=self.place(at), character=0)
            members[check_encodable(key, self.place(pointer))] = self.read(value, at, depth + 1)
        if all(branch.fixed for branch in members.values()):
            return fixed(node)
        return Branch(made_object(members))


def fixed(value: Any) -> Branch:
    """Return a branch that never varies."""
    return Branch(lambda _scope: value, fixed=True, value=value)


def joined(pieces: list[str | Evaluate]) -> Evaluate:
    """Return the function that joins literal and evaluated pieces to one text; null is empty."""
    return lambda scope: "".join([piece if isinstance(piece, str) else text_of(piece(scope)) for piece in pieces])


def made_object(members: dict[str, Branch]) -> Evaluate:
    """Return the function that makes an object."""
    makers = [(key, branch.make) for key, branch in members.items()]
    optional = {key for key, branch in members.items() if branch.omits_null}
    if not optional:
        return lambda scope: {key: make(scope) for key, make in makers}

    def make_object(scope: Scope) -> dict[str, Any]:
        made = {key: make(scope) for key, make in makers}
        for key in optional:
            if made[key] is None:
                del made[key]
        return made

    return make_object


def parse_json(text: str, name: str) -> Any:
    """Return the parsed text, numbers exact; anything that is no plain JSON is refused with its character."""
    try:
        return json.loads(
            text, object_pairs_hook=unique_members(name), parse_float=read_number, parse_constant=refuse_constant(name)
        )
    except json.JSONDecodeError as error:
        fault = explain_json(error.msg, text[error.pos : error.pos + 1])
        raise TemplateError(
            f'not JSON: {fault}. Put placeholders inside quotes, as in {{"id": "{{{{ id }}}}"}}.',
            place=name,
            character=error.pos,
        ) from None
    except (RecursionError, ValueError, ArithmeticError):
        raise TemplateError("not readable: nested too deep, or a number is too long.", place=name) from None


def explain_json(fault: str, character: str) -> str:
    """Return why the text is not JSON at this character."""
    if character and (not character.isascii() or not character.isprintable()):
        return f"the character {name_character(character)} is not allowed here"
    return next((words for known, words in JSON_FAULTS.items() if fault.startswith(known)), "it cannot be read here")


def unique_members(name: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Return a hook that refuses a member given twice, of which receivers would see either."""

    def make(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
            raise TemplateError(f'the member "{twice}" is given twice in one object. Keep one.', place=name)
        return made

    return make


def refuse_constant(name: str) -> Callable[[str], Any]:
    """Return a hook that refuses NaN and Infinity, which Python reads and JSON does not have."""

    def refuse(constant: str) -> Any:
        raise TemplateError(f"{constant} is not JSON.", place=name)

    return refuse


def check_encodable(text: str, place: str) -> str:
    """Return the text, or refuse half of a surrogate pair, which cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TemplateError("the text holds half of a surrogate pair, which cannot be sent.", place=place) from None
    return text
