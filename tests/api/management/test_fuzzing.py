"""Requests that fit the document and requests that break it: no fault, and no answer outside the document."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from granian.constants import Interfaces
from granian.server.embed import Server
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.api.conftest import free_port
from tests.api.management.conftest import Desk

from tessera.api import build_documents
from tessera.platform.ids import new_id

DOCUMENT = schemathesis.openapi.from_dict(build_documents()["management-v1"])
# A version that cannot be read is told like one that has passed.
DOCUMENT.config.checks.negative_data_rejection.expected_statuses = [
    *DOCUMENT.config.checks.negative_data_rejection.expected_statuses,
    "412",
]
# What a search must have done, however often it had to begin again.
TRIES, LEAST_STEPS, LEAST_OPERATIONS = 20, 150, 15
FEW, MANY = 8, 60
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.fixture
async def address(root: Desk) -> AsyncIterator[str]:
    """Serve the API on a free port."""
    port = free_port()
    server = Server(root.app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    task = asyncio.create_task(server.serve())
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            break
    yield f"http://127.0.0.1:{port}/api/v1"
    server.stop()  # type: ignore[no-untyped-call]
    await task


def operations() -> Iterator[Any]:
    for result in DOCUMENT.get_all_operations():
        operation: Any = result
        yield operation.ok()


def fuzz(operation: Any, mode: GenerationMode, address: str, key: str, known: dict[str, Any], examples: int) -> int:
    """Send so many requests to one operation and judge the answers; return how many there were."""
    places = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    session = requests.Session()
    session.trust_env = False
    sent = 0

    @given(case=operation.as_strategy(mode, path_parameters=places or None))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        nonlocal sent
        sent += 1
        prepare(case)
        if mode is GenerationMode.NEGATIVE and has_list_of_one(case):
            reject()
        headers = {"Authorization": f"Bearer {key}"}
        # What fits the document may still break a rule of a room, such as points that expire in the past.
        case.call_and_validate(
            base_url=address, session=session, headers=headers, excluded_checks=[positive_data_acceptance]
        )

    send()
    session.close()
    return sent


def prepare(case: Any) -> None:
    """Let a request that would wait for news not wait, and unknown parameters without a value reach the server."""
    query = case.query or {}
    if str(query.get("wait", "")) in {str(seconds) for seconds in range(1, 31)}:
        query["wait"] = 0
    known = {parameter.name for parameter in case.operation.query}
    for name in set(query) - known:
        # The client leaves these out of the address, and what the server gets would fit the document.
        if query[name] in (None, [], {}):
            query[name] = ""


def has_list_of_one(case: Any) -> bool:
    """Say whether a parameter that takes a list has one value without a list: in an address there is no difference."""
    lists = {one.name for one in case.operation.query if one.definition.get("schema", {}).get("type") == "array"}
    return any(name in lists and not isinstance(value, list | dict) for name, value in (case.query or {}).items())


async def fuzz_all(root: Desk, address: str, mode: GenerationMode, examples: int) -> None:
    """Send requests of one kind to every operation."""
    (member,) = await root.add_memberships()
    program = (await root.good("GET", f"/memberships/{member}"))["program_id"]
    known = {"membership_id": member, "program_id": program}
    assert root.key

    for operation in operations():
        assert await asyncio.to_thread(fuzz, operation, mode, address, root.key, known, examples)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
async def test_no_answer_is_outside_the_document(root: Desk, address: str, mode: GenerationMode) -> None:
    await fuzz_all(root, address, mode, FEW)


@pytest.mark.prove(minutes=4)
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
async def test_long_search_finds_no_answer_outside_the_document(root: Desk, address: str, mode: GenerationMode) -> None:
    await fuzz_all(root, address, mode, MANY)


@pytest.mark.timeout(300)
async def test_steps_on_things_just_made_stay_inside_the_document(root: Desk, address: str) -> None:
    await root.add_memberships(3)
    key = root.key
    (own,) = [one["id"] for one in (await root.good("GET", "/api-keys"))["items"] if one["label"] == "root"]
    answers: Counter[str] = Counter()
    faults: list[str] = []

    class Steps(DOCUMENT.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            prepare(case)
            # Without its own key every further step would be refused.
            if own in {str(value).lower() for value in (case.path_parameters or {}).values()}:
                case.path_parameters = {name: str(new_id()) for name in case.path_parameters}

        def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {key}"}, "base_url": address}

        def validate_response(self, response: Any, case: Any, **given: Any) -> None:
            answers[f"{case.method} {case.path} {response.status_code}"] += 1
            # Kept and not raised: Hypothesis would repeat the steps, and things that exist by then change them.
            try:
                case.validate_response(
                    response,
                    excluded_checks=[positive_data_acceptance],
                    headers=given["headers"],
                    transport_kwargs={"base_url": address},
                )
            except (Failure, FailureGroup) as error:
                faults.append(f"{case.method} {case.path}: {error!r}")

    machine = Steps.TestCase
    machine.settings = settings(
        max_examples=60,
        stateful_step_count=8,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for _ in range(TRIES):
        # What exists decides which step may come next, and it differs from one try to the next: that ends the try.
        with suppress(FlakyStrategyDefinition):
            await asyncio.to_thread(machine().runTest)
        if answers.total() >= LEAST_STEPS or faults:
            break
    assert not faults, "\n".join(faults[:10])
    succeeded = {answer[:-4] for answer in answers if answer[-3] == "2"}
    assert (answers.total() >= LEAST_STEPS, len(succeeded) >= LEAST_OPERATIONS) == (True, True), answers


def test_document_is_read_whole() -> None:
    assert len(list(operations())) == sum(len(one) for one in build_documents()["management-v1"]["paths"].values())
