"""What a query engine is written against: the query that it gets, and what the rooms above ask of it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from tessera.queries.columns import Column
from tessera.queries.parameters import Parameter

Given = Mapping[str, object] | None
PREVIEW_ROWS = 50


class Selection(Protocol):
    """What can be run: a saved query, or one that is still being written."""

    @property
    def text(self) -> str:
        """The SELECT."""
        ...

    @property
    def parameters(self) -> Sequence[Parameter]:
        """Its declared parameters."""
        ...

    @property
    def key_columns(self) -> Sequence[str]:
        """The columns that identify its rows, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a query."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that come together: `data` holds their JSON arrays with commas between, the first row has number `first`.

    `keys` holds the JSON arrays of their key columns in the same way, where they were asked for. A key is empty where
    one of its columns is null or an empty text; it is repeated where the row before has it too. `first_empty` and
    `first_repeated` are numbers of rows, None where there is none.
    """

    first: int
    rows: int
    data: str
    keys: str | None = None
    empty_keys: int = 0
    repeated_keys: int = 0
    first_empty: int | None = None
    first_repeated: int | None = None


class QueryEngine(Protocol):
    """Runs queries over the datasets, each for one chain, of which it sees no other's rows."""

    @property
    def row_limit(self) -> int:
        """Most rows one query may give."""
        ...

    async def describe(self, chain_id: UUID, text: str, parameters: Sequence[Parameter] = ()) -> tuple[Column, ...]:
        """Return the columns of a query that can run; raise what is wrong with it."""
        ...

    async def preview(
        self, chain_id: UUID, query: Selection, given: Given = None, *, most: int = PREVIEW_ROWS
    ) -> Preview:
        """Return the columns and the first rows, at most so many."""
        ...

    async def count(self, chain_id: UUID, query: Selection, given: Given = None) -> int:
        """Return the exact number of rows."""
        ...

    async def explain(self, chain_id: UUID, query: Selection) -> Mapping[str, Any]:
        """Return the database's plan for the rows, with the defaults of the parameters; nothing is run."""
        ...

    def read_blocks(
        self, chain_id: UUID, query: Selection, *, now: datetime, given: Given = None, with_keys: bool = False
    ) -> AsyncGenerator[Block, None]:
        """Give every row, numbered from 1 in the order of the key columns, in blocks of some hundred.

        An error may come after the first blocks: forget them then.
        """
        ...
