"""A query cut at its parameters: what the author wrote, and the names between.

The engine puts a typed place or literal where a name was; nothing is ever searched and replaced.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot.tokenizer_core import Token, TokenType

from tessera.queries.parameters import SQL_TYPES, Parameter, declare
from tessera.queries.texts import refuse, tokenize

QUOTED = frozenset({TokenType.IDENTIFIER, TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.BYTE_STRING})


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a query: words of its author from `start`, or the parameter to put there."""

    start: int
    words: str = ""
    parameter: Parameter | None = None


def cut(text: str, parameters: Sequence[Parameter]) -> tuple[Piece, ...]:
    """Cut the text at its parameters and periods; closing semicolons are left out."""
    return cut_tokens(text, tokenize(text), parameters)


def cut_tokens(text: str, read: Sequence[Token], parameters: Sequence[Parameter]) -> tuple[Piece, ...]:
    """Cut a text whose tokens are known."""
    tokens = list(read)
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        end = tokens.pop().start
        text = text[:end]
    return tuple(Cutter(text, tokens, declare(parameters)).pieces(0, len(tokens), 0, len(text)))


def is_parameter(tokens: Sequence[Token], index: int) -> bool:
    """Say whether a name follows the colon at `index` without a gap; a cast's `::` is a token of its own."""
    if tokens[index].token_type is not TokenType.COLON or index + 1 == len(tokens):
        return False
    name = tokens[index + 1]
    return name.start == tokens[index].end + 1 and name.text.isidentifier() and name.token_type not in QUOTED


def is_period(token: Token) -> bool:
    """Say whether the token is the name `in_period`."""
    return token.token_type is TokenType.VAR and token.text.lower() == "in_period"


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts one text."""

    text: str
    tokens: Sequence[Token]
    known: Mapping[str, Parameter]

    def pieces(self, first: int, last: int, start: int, end: int) -> list[Piece]:
        """Cut the tokens from `first` up to `last`, which lie between two places of the text."""
        found: list[Piece] = []
        index = first
        while index < last:
            token = self.tokens[index]
            if is_parameter(self.tokens, index):
                found += [Piece(start, self.text[start : token.start]), self.parameter(index)]
                index += 2
            elif is_period(token):
                found.append(Piece(start, self.text[start : token.start]))
                period, index = self.period(index)
                found += period
            else:
                index += 1
                continue
            start = self.tokens[index - 1].end + 1
        found.append(Piece(start, self.text[start:end]))
        return found

    def parameter(self, index: int) -> Piece:
        """Return the piece for the parameter whose colon is at `index`."""
        token = self.tokens[index]
        name = self.tokens[index + 1].text
        if name not in self.known:
            names = ", ".join(f":{known}" for known in self.known)
            refuse(self.text, token.start, f"the parameter :{name} is not declared. Declare it, or use one of {names}")
        return Piece(token.start, parameter=self.known[name])

    def period(self, index: int) -> tuple[list[Piece], int]:
        """Rewrite `in_period(column, 'PERIOD')` to a comparison with :from and :to; return where it ends too."""
        opening = self.tokens[index]
        last = self.closing(index + 1)
        comma, period = last - 2, last - 1
        if (
            comma <= index + 2
            or self.tokens[comma].token_type is not TokenType.COMMA
            or self.tokens[period].token_type is not TokenType.STRING
            or self.tokens[period].text != "PERIOD"
        ):
            refuse(self.text, opening.start, "write in_period(column, 'PERIOD')")
        # The column is written twice: nested periods would double it at each level.
        if any(is_period(token) for token in self.tokens[index + 2 : comma]):
            refuse(self.text, opening.start, "in_period cannot hold another in_period")
        column = self.pieces(index + 2, comma, self.tokens[index + 1].end + 1, self.tokens[comma].start)
        place = opening.start
        pieces = [Piece(place, "(("), *column, Piece(place, ") >= "), Piece(place, parameter=self.known["from"])]
        pieces += [Piece(place, " AND ("), *column, Piece(place, ") < "), Piece(place, parameter=self.known["to"])]
        return [*pieces, Piece(place, ")")], last + 1

    def closing(self, index: int) -> int:
        """Return the index of the parenthesis that closes the one at `index`."""
        depth = 0
        for current in range(index, len(self.tokens)):
            kind = self.tokens[current].token_type
            depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
            if depth == 0:
                return current
        return index


def compose(pieces: Sequence[Piece], place: Callable[[Parameter], str]) -> str:
    """Return the query with `place` asked for the text of each parameter, in its type."""
    return "".join(piece.words if piece.parameter is None else typed(piece.parameter, place) for piece in pieces)


def typed(parameter: Parameter, place: Callable[[Parameter], str]) -> str:
    """Return the place or literal with its type said, so that the database never guesses one."""
    return f"({place(parameter)}::{SQL_TYPES[parameter.type]})"


def trace(pieces: Sequence[Piece], place: Callable[[Parameter], str], position: int) -> int:
    """Return the place in the author's text that an offset into the composed query comes from."""
    for piece in pieces:
        length = len(piece.words if piece.parameter is None else typed(piece.parameter, place))
        if position < length:
            return piece.start + (position if piece.parameter is None else 0)
        position -= length
    return max(0, pieces[-1].start + len(pieces[-1].words) - 1)
