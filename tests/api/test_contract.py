"""The document against the real server: whatever is asked by it, the answer is one that it declares, and no fault."""

import asyncio
import copy
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok

from tessera.api.connector.v1 import build_document

from .conftest import Api

SECONDS = 30
TRIES = 50
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
Case = schemathesis.Case[Any]
QUIET: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    # Faults are collected, so that the search goes on: there is nothing to shrink.
    "phases": (Phase.explicit, Phase.generate),
}
Ids = dict[str, list[str]]


async def add_records(api: Api) -> Ids:
    """Add what requests can name; the ids by the word that stands in the names of their properties."""
    programs = [await api.add_program(f"P{number}") for number in range(3)]
    tiers = [await api.add_tier(program, f"T{number}") for program in programs for number in range(2)]
    items = [{"AccountId": api.account_ids[0], "LoyaltyProgramId": program, "Points": 5} for program in programs]
    made = [item["Id"] for item in await api.add_memberships(*items)]
    return {
        "Membership": made,
        "Tier": tiers,
        "Program": programs,
        "Account": api.account_ids,
        "Customer": api.account_ids,
        "Chain": [str(api.chain_id)],
        "Enterprise": [str(api.enterprise_id)],
    }


def fit_document(api: Api, ids: Ids) -> dict[str, Any]:
    """Return the document with this server's tokens, and its ids among those that requests may name."""
    document = copy.deepcopy(build_document())
    for name, schema in document["components"]["schemas"].items():
        properties = schema.get("properties", {})
        if "ClientToken" in properties:
            properties["ClientToken"] = {"const": api.client_token}
            properties["AccessToken"] = {"const": api.access_token}
        if name.endswith(("Request", "Parameters")):
            for key, inner in properties.items():
                known = next((ids[word] for word in ids if word in key), None)
                if known:
                    properties[key] = offer(inner, known)
    return document


def offer(schema: dict[str, Any], known: list[str]) -> dict[str, Any]:
    """Return the schema of an id, or of a list of them, with known ones offered too."""
    if schema.get("format") == "uuid":
        return {"anyOf": [{"enum": known}, schema]}
    if "items" in schema and schema["items"].get("format") == "uuid":
        return {**schema, "type": "array", "items": offer(schema["items"], known)}
    return schema


class Fuzzing:
    """Asks a server on loopback by its document."""

    def __init__(self, document: dict[str, Any], port: int) -> None:
        self.schema = schemathesis.openapi.from_dict(document)
        self.address = f"http://127.0.0.1:{port}"
        self.session = requests.Session()
        self.asked: dict[int, int] = {}
        self.faults: list[str] = []

    def ask(self, case: Case) -> None:
        """Send one request and judge the answer; go on whatever it is."""
        try:
            response = case.call(base_url=self.address, session=self.session, timeout=SECONDS)
        except requests.RequestException as error:
            self.faults.append(f"{case.method} {case.path}: {error!r}")
        else:
            self.judge(response, case)

    def judge(self, response: Any, case: Case) -> None:
        """Count an answer, and keep what is wrong with it."""
        self.asked[response.status_code] = self.asked.get(response.status_code, 0) + 1
        try:
            case.validate_response(response, checks=CHECKS)
        except (Failure, FailureGroup) as error:
            self.faults.append(f"{case.method} {case.path}: {error!r}")

    def carry_through(self, least: int, run: Callable[[], None]) -> None:
        """Run a property; where Hypothesis finds that what it generates depends on more than its draws, try again."""
        before = sum(self.asked.values())
        for _ in range(TRIES):
            with suppress(FlakyStrategyDefinition):
                run()
                return
            if sum(self.asked.values()) - before >= least:
                return
        raise AssertionError(f"only {sum(self.asked.values()) - before} of {least} requests were asked")

    def ask_each_operation(self, mode: GenerationMode, examples: int, *, repeatable: bool) -> None:
        """Ask every operation with so many generated requests."""
        for found in self.schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            strategy = operation.as_strategy(generation_mode=mode)
            quiet = settings(max_examples=examples, derandomize=repeatable, **QUIET)
            self.carry_through(examples, given(case=strategy)(quiet(self.check())))

    def check(self) -> Callable[..., None]:
        """Return the body of a property test."""

        def every_answer_is_declared(case: Case) -> None:
            self.ask(case)

        return every_answer_is_declared

    def ask_in_turn(self, runs: int, steps: int, *, repeatable: bool) -> None:
        """Follow the document's links: what one answer gives, the next request names."""
        fuzzing = self

        class Machine(self.schema.as_state_machine()):  # type: ignore[misc]
            def get_call_kwargs(self, _: Case) -> dict[str, Any]:
                return {"base_url": fuzzing.address, "session": fuzzing.session, "timeout": SECONDS}

            def validate_response(self, response: Any, case: Case, *_: Any, **__: Any) -> None:
                fuzzing.judge(response, case)

        quiet = settings(max_examples=runs, stateful_step_count=steps, derandomize=repeatable, **QUIET)
        self.carry_through(runs, partial(run_state_machine_as_test, Machine, settings=quiet))


@pytest.fixture
async def fuzzing(api: Api, port: int) -> Fuzzing:
    return Fuzzing(fit_document(api, await add_records(api)), port)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"])
async def test_every_answer_is_declared(fuzzing: Fuzzing, mode: GenerationMode) -> None:
    await asyncio.to_thread(fuzzing.ask_each_operation, mode, 12, repeatable=True)

    assert not fuzzing.faults, "\n".join(fuzzing.faults[:10])
    assert fuzzing.asked.get(200 if mode is GenerationMode.POSITIVE else 400, 0) > 25, fuzzing.asked


async def test_answers_lead_to_answers(fuzzing: Fuzzing) -> None:
    await asyncio.to_thread(fuzzing.ask_in_turn, 12, 8, repeatable=True)

    assert not fuzzing.faults, "\n".join(fuzzing.faults[:10])
    assert fuzzing.asked.get(200, 0) > 10, fuzzing.asked


@pytest.mark.prove(minutes=4)
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"])
async def test_long_fuzzing_finds_no_fault(fuzzing: Fuzzing, mode: GenerationMode) -> None:
    await asyncio.to_thread(fuzzing.ask_each_operation, mode, 500, repeatable=False)
    await asyncio.to_thread(fuzzing.ask_in_turn, 100, 20, repeatable=False)

    assert not fuzzing.faults, "\n".join(fuzzing.faults[:10])
    assert sum(fuzzing.asked.values()) >= 500 * len(list(fuzzing.schema.get_all_operations())), fuzzing.asked


def test_property_goes_on_after_inconsistent_data() -> None:
    fuzzing, tries = Fuzzing(build_document(), 0), iter([7, 7, 7])

    def run() -> None:
        fuzzing.asked[200] = fuzzing.asked.get(200, 0) + next(tries)
        raise FlakyStrategyDefinition("Inconsistent data generation!")

    fuzzing.carry_through(20, run)
    assert fuzzing.asked == {200: 21}
    with pytest.raises(AssertionError, match="only 0 of 5 requests"):
        Fuzzing(build_document(), 0).carry_through(5, give_up)


def give_up() -> None:
    raise FlakyStrategyDefinition("Inconsistent data generation!")
