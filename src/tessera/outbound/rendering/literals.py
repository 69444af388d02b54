"""The environment that reads placeholders: numbers with a fraction stay as exact as they are written."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from jinja2 import Environment
from jinja2.lexer import TOKEN_FLOAT, Lexer, Token

from tessera.platform.json_values import read_number


class ExactLexer(Lexer):
    """Reads `0.1` as a decimal, where Jinja makes a float of it."""

    def wrap(
        self, stream: Iterable[tuple[int, str, str]], name: str | None = None, filename: str | None = None
    ) -> Iterator[Token]:
        """Yield the tokens; the text of a number is noted before Jinja converts it."""
        texts: list[str] = []

        def noted() -> Iterator[tuple[int, str, str]]:
            for line, kind, text in stream:
                if kind == TOKEN_FLOAT:
                    texts.append(text)
                yield line, kind, text

        for token in super().wrap(noted(), name, filename):
            if token.type == TOKEN_FLOAT:
                number: Any = read_number(texts.pop(0).replace("_", ""))
                yield Token(token.lineno, token.type, number)
            else:
                yield token


class ExactEnvironment(Environment):
    """An environment with that lexer."""

    @cached_property
    def lexer(self) -> Lexer:
        """The lexer, made once."""
        return ExactLexer(self)


environment = ExactEnvironment(autoescape=False, optimized=False)  # parses only; output is JSON
environment.globals.clear()
