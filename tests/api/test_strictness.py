"""What a strict door refuses: by the deployment's setting, or by the access token's own."""

from typing import Any

import pytest

from .conftest import Api, BuildApi, add_token

# Operation, members that the contract does not have so, what a strict door calls them.
TOLERATED: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("loyaltyPrograms/getAll", {}, "Limitation"),
    ("loyaltyPrograms/getAll", {"Limitation": {"Count": 1}, "EnterpriseId": "x"}, "EnterpriseId"),
    ("loyaltyPrograms/getAll", {"Limitation": {"Count": 1}, "Client": None}, "Client"),
    ("loyaltyPrograms/add", {"LoyaltyPrograms": [{"Name": "x", "Code": "y"}]}, "LoyaltyPrograms[0].Type"),
    (
        "loyaltyPrograms/add",
        {"LoyaltyPrograms": [{"Name": "x", "Code": "z", "colour": 1}]},
        "LoyaltyPrograms[0].colour",
    ),
)


@pytest.mark.parametrize(
    ("deployment", "token", "strict"),
    [
        (False, None, False),
        (True, None, True),
        (False, True, True),
        (True, False, False),
    ],
)
async def test_token_goes_before_the_deployment(
    build: BuildApi, deployment: bool, token: bool | None, strict: bool
) -> None:
    api = await add_token(await build(connector_strict=deployment), strict=token)
    for path, members, name in TOLERATED:
        reply = await api.call(path, **members)
        if strict:
            assert (reply.status, reply.message) == (400, f"Invalid {name}.")
        else:
            assert (path, members, reply.status) == (path, members, 200)


async def test_strict_token_takes_the_contract_as_it_is(api: Api) -> None:
    strict = await add_token(api, strict=True)
    program_id = await strict.add_program()
    await strict.add_tier(program_id)
    data = await strict.good("loyaltyTiers/getAll", LoyaltyProgramIds=[program_id], Limitation={"Count": 1})
    (tier,) = data["LoyaltyTiers"]
    update = {"LoyaltyTierId": tier["Id"], "Name": {"Value": "New"}, "Code": None, "Ordering": {"Value": 2}}
    await strict.good("loyaltyTiers/update", LoyaltyTierUpdates=[update], LanguageCode="en-GB", CultureCode=None)
    assert await strict.good("loyaltyTiers/delete", LoyaltyTierIds=[tier["Id"]]) == {}
    assert await strict.good("loyaltyPrograms/delete", LoyaltyProgramIds=[program_id]) == {}
