"""Routes: an address, the permission it needs, and the function whose signature says what it reads and answers."""

import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PERMISSION = re.compile(r"[a-z]+(-[a-z]+)*:(read|write|admin)")
PLACE = re.compile(r"\{(\w+)\}")
QUERY, BODY, KEY, IF_MATCH = "query", "body", "idempotency_key", "if_match"


@dataclass(frozen=True, slots=True)
class TextDownload:
    """A file that is sent while it is being made."""

    name: str
    parts: AsyncIterator[str]


@dataclass(frozen=True)
class Route:
    """One operation. `in_transaction=False` is for those that wait: nothing stays open meanwhile.

    `made` points to the id of a thing in the answer, whose own routes the document then links to. `conflicts` says of
    a reading one that the state of things may forbid it; of others that is taken for granted. `csv` makes a CSV text of
    the answer, for those who accept that; `download` takes the place of `run` for them, and gives parts of a file.
    A `bodyless` operation is happy without a body, as with an empty object.
    """

    method: str
    path: str
    permission: str
    run: Callable[..., Awaitable[Any]]
    status: int = 200
    example: Mapping[str, Any] | None = None
    in_transaction: bool = True
    made: str | None = None
    conflicts: bool = False
    csv: Callable[[Any], str] | None = None
    download: Callable[..., Awaitable[TextDownload]] | None = None
    bodyless: bool = False

    def __post_init__(self) -> None:
        if not PERMISSION.fullmatch(self.permission):
            raise TypeError(f"the route {self.method} {self.path} must declare a permission")
        strangers = set(self.reads) - {QUERY, BODY, KEY, IF_MATCH, *self.places}
        if strangers or set(self.places) - set(self.reads):
            raise TypeError(f"the route {self.method} {self.path} and its function disagree: {sorted(strangers)}")

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, placeholders in braces."""
        return tuple(self.path.split("/")[1:])

    @cached_property
    def places(self) -> tuple[str, ...]:
        """The names of the path's placeholders."""
        return tuple(PLACE.findall(self.path))

    @cached_property
    def reads(self) -> dict[str, Any]:
        """What the function takes beside the call, by name, with its type."""
        parameters = list(inspect.signature(self.run, eval_str=True).parameters.values())[1:]
        return {parameter.name: parameter.annotation for parameter in parameters}

    @property
    def gives_csv(self) -> bool:
        """Whether the answer also comes as CSV."""
        return self.csv is not None or self.download is not None

    @cached_property
    def answers(self) -> Any:
        """The type of the answer, None where it has no body."""
        return inspect.signature(self.run, eval_str=True).return_annotation

    @property
    def repeatable(self) -> bool:
        """Whether the door itself answers a repeated call; functions that read the key see to it themselves."""
        return self.method == "POST" and KEY not in self.reads

    @property
    def name(self) -> str:
        """The operation's name in the document."""
        return self.run.__name__

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the texts in the placeholders where the path is this route's, else None."""
        if len(segments) != len(self.segments):
            return None
        texts = {}
        for wanted, given in zip(self.segments, segments, strict=True):
            if wanted.startswith("{") and given:
                texts[wanted[1:-1]] = given
            elif wanted != given:
                return None
        return texts
