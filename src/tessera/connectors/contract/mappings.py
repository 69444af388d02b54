"""What a property that is a mapping declares: rows that lead from a source to a target, with a transform. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One row: what is read, what it becomes, how it is changed, and what is sent where it is empty."""

    source: str
    target_kind: str
    target: str
    transform: str = ""
    empty: str = ""

    def as_setting(self) -> dict[str, str]:
        """Return the row as a setting stores it."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = ("source", "target_kind", "target", "transform", "empty")

# Takes the names of the sources that have no row yet; returns rows for those it knows.
Propose = Callable[[Sequence[str]], Sequence[MappingRow]]


@dataclass(frozen=True, slots=True)
class MappingLayout:
    """The columns of a mapping: each choice as it is stored and as it reads.

    A kind of target that `targets` lists takes those names alone; any other takes a name that is typed. A target of a
    kind in `repeatable` may have several rows. Without transforms or empty values their column is left out.
    """

    target_kinds: Choices
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    transforms: Choices = ()
    empty_values: Choices = ()
    repeatable: frozenset[str] = frozenset()
    propose: Propose | None = None
    source_label: str = "Source"
    target_kind_label: str = "Target"
    target_label: str = "Name"
    most: int = 500

    def choices_of(self, column: str) -> Choices:
        """Return what a column may hold; nothing where it is typed."""
        return {"target_kind": self.target_kinds, "transform": self.transforms, "empty": self.empty_values}.get(
            column, ()
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that such a mapping has."""
        optional = {"transform": self.transforms, "empty": self.empty_values}
        return tuple(name for name in COLUMNS if optional.get(name, True))
