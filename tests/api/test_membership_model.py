"""Memberships against a plain model: primary marks, and pages of whatever was added and deleted."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Api
from .test_paging import read_pages

ACCOUNTS, PROGRAMS = 3, 3
codes = count()

Act = tuple[str, int, int, bool]
acts = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "mark", "mark", "delete"]),
        st.integers(0, ACCOUNTS - 1),
        st.integers(0, PROGRAMS - 1),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)
examples = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass
class Known:
    """A membership as the model knows it."""

    id: str
    primary: bool
    deleted: bool = False


class Model:
    """Does each act over the API and on paper; the answers must agree."""

    def __init__(self, api: Api, programs: list[str]) -> None:
        self.api, self.programs = api, programs
        self.places: dict[tuple[int, int], Known] = {}
        self.history: list[Known] = []

    async def act(self, act: Act) -> None:
        name, account, program, primary = act
        known = self.places.get((account, program))
        if name == "add":
            await self.add(account, program, primary=primary)
        elif known is not None and name == "mark":
            update = {"LoyaltyMembershipId": known.id, "IsPrimary": {"Value": primary}}
            await self.api.good("loyaltyMemberships/update", LoyaltyMembershipUpdates=[update])
            self.mark(account, known, primary=primary)
        elif known is not None:
            await self.api.good("loyaltyMemberships/delete", LoyaltyMembershipIds=[known.id])
            known.deleted = True
            del self.places[account, program]

    async def add(self, account: int, program: int, *, primary: bool) -> None:
        item: dict[str, Any] = {
            "AccountId": self.api.account_ids[account],
            "LoyaltyProgramId": self.programs[program],
            "IsPrimary": primary,
        }
        reply = await self.api.call("loyaltyMemberships/add", LoyaltyMemberships=[item])
        assert reply.status == (403 if (account, program) in self.places else 200)
        if reply.status == 200:
            known = Known(reply.data["LoyaltyMemberships"][0]["Id"], primary)
            self.places[account, program] = known
            self.history.append(known)
            self.mark(account, known, primary=primary)

    def mark(self, account: int, known: Known, *, primary: bool) -> None:
        for (holder, _), other in self.places.items():
            if primary and holder == account:
                other.primary = False
        known.primary = primary


async def perform(api: Api, steps: list[Act]) -> Model:
    programs = [await api.add_program(f"M{next(codes)}") for _ in range(PROGRAMS)]
    model = Model(api, programs)
    for step in steps:
        await model.act(step)
    return model


async def clear(model: Model) -> None:
    """Leave no membership to the next example: accounts are the same ones."""
    left = [known.id for known in model.places.values()]
    if left:
        await model.api.good("loyaltyMemberships/delete", LoyaltyMembershipIds=left)


@examples
@given(steps=acts)
async def test_primary_marks_follow_the_model(api: Api, steps: list[Act]) -> None:
    model = await perform(api, steps)
    data = await api.good("loyaltyMemberships/getAll", LoyaltyProgramIds=model.programs)
    found = {one["Id"]: one["IsPrimary"] for one in data["LoyaltyMemberships"]}
    assert found == {known.id: known.primary for known in model.places.values()}
    await clear(model)


@examples
@given(steps=acts, size=st.integers(1, 5))
async def test_pages_follow_the_model(api: Api, steps: list[Act], size: int) -> None:
    model = await perform(api, steps)
    for states, wanted in (
        (["Active"], {False}),
        (["Deleted"], {True}),
        (["Active", "Deleted"], {False, True}),
    ):
        pages = await read_pages(api, size, LoyaltyProgramIds=model.programs, ActivityStates=states)
        listed = [known.id for known in reversed(model.history) if known.deleted in wanted]
        assert pages == [*(listed[start : start + size] for start in range(0, len(listed), size)), []]
    await clear(model)
