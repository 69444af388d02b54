"""What the forms of access bring: roles, chains, permissions, a last day. What fits nothing is a fault."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from tessera.platform.errors import ConflictError, DeniedError, InvalidError
from tessera.platform.ids import parse_id
from tessera.platform.permissions import list_permissions
from tessera.web.numbers import parse_number
from tessera.web.visits import Visit

GRANT = "grant."
LONGEST_FILTER = 200
YEARS = range(2000, 9000)
# What a form is told beside its fields; that a thing is not there is a page of its own.
ANSWERED = (InvalidError, ConflictError, DeniedError)


class ChoiceInvalidError(InvalidError):
    """A form brought a choice that its page does not offer."""

    code = "choice_invalid"


@dataclass(frozen=True)
class Sent:
    """The fields of a form, repeated ones as often as they came."""

    fields: Sequence[tuple[str, str]] = ()

    def text(self, name: str) -> str:
        """Return a field; of a repeated one the last."""
        return next((value for key, value in reversed(self.fields) if key == name), "")

    def ticked(self, name: str) -> bool:
        """Say whether a box is ticked."""
        return any(key == name for key, _ in self.fields)

    def texts(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for key, value in self.fields if key == name]

    def ids(self, name: str) -> frozenset[UUID]:
        """Return the ids that were ticked."""
        for text in self.texts(name):
            if parse_id(text) is None:
                raise ChoiceInvalidError(f"{text[:50]!r} is none of the choices. Choose again.", field=name)
        return self.known_ids(name)

    def known_ids(self, name: str) -> frozenset[UUID]:
        """Return what can be an id among what was ticked, to show the form again."""
        return frozenset(one for text in self.texts(name) if (one := parse_id(text)) is not None)

    def grants(self) -> frozenset[str]:
        """Return the permissions that were chosen in the grid."""
        chosen = {f"{key.removeprefix(GRANT)}:{level}" for key, level in self.fields if key.startswith(GRANT) and level}
        unknown = chosen - set(list_permissions())
        if unknown:
            raise ChoiceInvalidError(
                f"There is no permission {min(unknown)[:80]!r}. Choose again.", field="permissions"
            )
        return frozenset(chosen)

    def known_grants(self) -> frozenset[str]:
        """Return what is a permission among what was chosen, to show the form again."""
        chosen = {f"{key.removeprefix(GRANT)}:{level}" for key, level in self.fields if key.startswith(GRANT)}
        return frozenset(chosen & set(list_permissions()))

    def chains(self, visit: Visit) -> frozenset[UUID] | None:
        """Return the chains that were ticked; None is every chain."""
        if self.ticked("every_chain"):
            return None
        chosen = self.ids("chain_ids")
        if not chosen <= {chain.id for chain in visit.chains}:
            raise ChoiceInvalidError("There is no such chain any more. Choose again.", field="chain_ids")
        if not chosen:
            raise ChoiceInvalidError("Choose at least one chain.", field="chain_ids")
        return chosen

    def version(self) -> int | None:
        """Return the version of the thing that the form was made of; None of a form that names none."""
        return parse_number(self.text("version"))

    def end_of(self, name: str) -> datetime | None:
        """Return the end of the day that was given."""
        text = self.text(name).strip()
        day = read_day(text) if text else None
        if text and day is None:
            raise ChoiceInvalidError("That is no day. Write it as 2031-12-31, or leave it empty.", field=name)
        return None if day is None else start_of(day + timedelta(days=1))


async def read_sent(visit: Visit) -> Sent:
    """Return what the form brings."""
    return Sent(await visit.fields())


def read_day(text: str) -> date | None:
    """Return the day that the text spells, of a year that can be stored and compared."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def start_of(day: date) -> datetime:
    """Return the first moment of a day."""
    return datetime.combine(day, time(), tzinfo=UTC)


def asked(visit: Visit, name: str) -> str:
    """Return one parameter of the address, cut to what a filter can be."""
    return visit.request.query_params.get(name, "")[:LONGEST_FILTER].replace("\0", "").strip()


def asked_id(visit: Visit, name: str) -> UUID | None:
    """Return an id that the address asks for."""
    return parse_id(asked(visit, name))
