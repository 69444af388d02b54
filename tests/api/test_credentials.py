"""Who may come in, how often, and as far as which chain."""

import asyncio
from typing import Any

import msgspec
import pytest

from tessera.access.chains import archive_chain
from tessera.access.keys import create_demo_tokens, enable_token, list_tokens, revoke_token
from tessera.access.keys.errors import TokenRevokedError
from tessera.api.connector.v1.credentials import REMEMBERED_SECONDS, Scopes, read_credentials
from tessera.api.connector.v1.refusals import CredentialsError

from .conftest import NOON, SYSTEM, Api, BuildApi, add_token

WRONG_TOKENS: tuple[dict[str, Any], ...] = (
    {"ClientToken": None},
    {"AccessToken": None},
    {"ClientToken": ""},
    {"AccessToken": ""},
    {"ClientToken": "unknown"},
    {"AccessToken": "unknown"},
    {"ClientToken": 5},
    {"AccessToken": {"a": []}},
    {"ClientToken": "nul\0"},
)
PERMISSIONS: tuple[tuple[tuple[str, ...], str, int], ...] = (
    ((), "configuration/get", 200),
    ((), "loyaltyPrograms/getAll", 401),
    (("programs:read",), "loyaltyPrograms/getAll", 200),
    (("programs:read",), "loyaltyTiers/add", 401),
    (("programs:write",), "loyaltyMemberships/getAll", 401),
    (("members:write",), "loyaltyMemberships/getAll", 200),
    (("members:read",), "customers/add", 401),
)


async def test_wrong_tokens_are_refused(api: Api) -> None:
    for given in WRONG_TOKENS:
        # The operation's own faults do not show before the tokens are right.
        reply = await api.call("loyaltyPrograms/getAll", Limitation="wrong", **given)
        assert (given, reply.status) == (given, 401)
        assert reply.data["RequestId"] == reply.headers["request-id"]


async def test_access_token_of_another_application_is_refused(api: Api, other: Api) -> None:
    mixed = api.with_tokens(other.client_token, api.access_token)

    assert (await mixed.call("loyaltyPrograms/getAll")).status == 401


async def test_tokens_differ_by_case(api: Api) -> None:
    lower = api.with_tokens(api.client_token.lower(), api.access_token)

    assert (await lower.call("loyaltyPrograms/getAll")).status == 401


@pytest.mark.parametrize("kind", ["client", "access"])
async def test_token_switched_off_is_refused_until_on_again(api: Api, kind: str) -> None:
    async with api.database.session() as session:
        (token,) = [t for t in await list_tokens(session, SYSTEM) if (t.client_token_id is None) == (kind == "client")]
        await enable_token(session, SYSTEM, token.id, enabled=False)
    assert (await api.call("loyaltyPrograms/getAll")).status == 401

    async with api.database.session() as session:
        await enable_token(session, SYSTEM, token.id, enabled=True)
    assert (await api.call("loyaltyPrograms/getAll")).status == 200


@pytest.mark.parametrize("kind", ["client", "access"])
async def test_revoked_token_stays_refused(api: Api, kind: str) -> None:
    async with api.database.session() as session:
        (token,) = [t for t in await list_tokens(session, SYSTEM) if (t.client_token_id is None) == (kind == "client")]
        await revoke_token(session, SYSTEM, token.id, now=NOON)
        with pytest.raises(TokenRevokedError):
            await enable_token(session, SYSTEM, token.id, enabled=True)

    assert (await api.call("loyaltyPrograms/getAll")).status == 401


async def test_revoked_token_is_remembered_for_its_second_only(api: Api) -> None:
    moment = 100.0
    scopes = Scopes(timer=lambda: moment)
    resources = api.app.state.resources
    body = msgspec.json.encode({"ClientToken": api.client_token, "AccessToken": api.access_token})
    digests = read_credentials(resources, body)
    assert (await scopes.get(resources, digests, NOON)).name
    async with api.database.session() as session:
        for token in await list_tokens(session, SYSTEM):
            await revoke_token(session, SYSTEM, token.id, now=NOON)
    moment += REMEMBERED_SECONDS * 0.99
    assert (await scopes.get(resources, digests, NOON)).name
    moment += REMEMBERED_SECONDS * 0.01
    with pytest.raises(CredentialsError):
        await scopes.get(resources, digests, NOON)
    # The other second is for the way: what is refused everywhere within two may be remembered for one.
    assert 2 * REMEMBERED_SECONDS <= 2


async def test_chain_archived_while_its_token_is_remembered_has_no_configuration(api: Api) -> None:
    assert (await api.call("configuration/get")).status == 200
    async with api.database.session() as session:
        await archive_chain(session, SYSTEM, api.chain_id, now=NOON)

    assert (await api.call("configuration/get")).status == 401


async def test_token_expires_at_its_moment(api: Api) -> None:
    short = await add_token(api, expires_at=NOON.replace(hour=13))

    assert (await short.call("loyaltyPrograms/getAll")).status == 200
    api.clock.forward(hours=1)
    assert (await short.call("loyaltyPrograms/getAll")).status == 401


async def test_permission_comes_before_contract(api: Api) -> None:
    for permissions, path, status in PERMISSIONS:
        reply = await (await add_token(api, permissions=permissions)).call(path)
        assert (permissions, path, reply.status) == (permissions, path, status)


async def test_client_may_be_missing_but_not_be_a_number(api: Api) -> None:
    assert (await api.call("loyaltyPrograms/getAll", Client=None)).status == 200
    reply = await api.call("loyaltyPrograms/getAll", Client=5)
    assert (reply.status, reply.message) == (400, "Invalid Client.")


@pytest.mark.parametrize("client", [None, ""])
async def test_strict_door_wants_a_client(build: BuildApi, client: str | None) -> None:
    api = await build(connector_strict=True)
    reply = await api.call("configuration/get", Client=client)

    assert (reply.status, reply.message) == (400, "Invalid Client.")


async def test_request_limit_slides(build: BuildApi) -> None:
    api = await build(connector_request_limit=3)
    for _ in range(3):
        assert (await api.call("configuration/get")).status == 200
        api.clock.forward(seconds=10)
    # The first request left the window just now, the second leaves it in ten seconds.
    assert (await api.call("configuration/get")).status == 200
    reply = await api.call("configuration/get")

    assert (reply.status, reply.headers["retry-after"]) == (429, "10")
    api.clock.forward(seconds=10)
    assert (await api.call("configuration/get")).status == 200


async def test_refused_requests_do_not_count(build: BuildApi) -> None:
    api = await build(connector_request_limit=1)
    assert (await api.call("configuration/get")).status == 200
    for _ in range(3):
        assert (await api.call("configuration/get")).status == 429
    api.clock.forward(seconds=30)

    assert (await api.call("configuration/get")).status == 200


async def test_limit_comes_between_tokens_and_permission(build: BuildApi) -> None:
    api = await build(connector_request_limit=1)
    powerless = await add_token(api, permissions=())
    assert (await powerless.call("loyaltyPrograms/getAll")).status == 401
    assert (await powerless.call("loyaltyPrograms/getAll")).status == 429
    wrong = api.with_tokens("wrong", "wrong")

    assert {(await wrong.call("loyaltyPrograms/getAll")).status for _ in range(3)} == {401}
    assert (await api.call("loyaltyPrograms/getAll")).status == 200


async def test_limit_holds_for_callers_at_once(build: BuildApi) -> None:
    api = await build(connector_request_limit=5)
    replies = await asyncio.gather(*(api.call("configuration/get") for _ in range(12)))

    assert sorted(reply.status for reply in replies) == [200] * 5 + [429] * 7


@pytest.mark.parametrize("chain", ["other", "nonsense", ""])
async def test_ordinary_token_writes_in_its_own_chain(api: Api, other: Api, chain: str) -> None:
    given = str(other.chain_id) if chain == "other" else chain
    item = {"Name": "A", "Code": "A", "Type": "Hotel", "Subscription": "Free"}
    data = await api.good("loyaltyPrograms/add", ChainId=given, LoyaltyPrograms=[item])

    assert data["LoyaltyPrograms"][0]["ChainId"] == str(api.chain_id)


async def test_ordinary_token_cannot_read_another_chain(api: Api, other: Api) -> None:
    for path in ("loyaltyPrograms/getAll", "loyaltyMemberships/getAll"):
        reply = await api.call(path, ChainIds=[str(other.chain_id)])
        assert (reply.status, reply.message) == (400, "Invalid ChainIds.")


async def test_stranger_sees_and_touches_nothing(api: Api, other: Api) -> None:
    program_id = await api.add_program()
    tier_id = await api.add_tier(program_id)
    item = {"AccountId": api.account_ids[0], "LoyaltyProgramId": program_id, "IsPrimary": True}
    (membership,) = await api.add_memberships(item)

    assert (await other.good("loyaltyPrograms/getAll", LoyaltyProgramIds=[program_id]))["LoyaltyPrograms"] == []
    assert (await other.good("loyaltyTiers/getAll", LoyaltyProgramIds=[program_id]))["LoyaltyTiers"] == []
    data = await other.good("loyaltyMemberships/getAll", LoyaltyMembershipIds=[membership["Id"]])
    assert data == {"LoyaltyMemberships": [], "Cursor": None}
    assert (await other.good("customers/getAll", CustomerIds=api.account_ids))["Customers"] == []
    tier = {"LoyaltyProgramId": program_id, "Name": "A", "Code": "A", "Ordering": 1}
    assert (await other.call("loyaltyTiers/add", LoyaltyTiers=[tier])).message == "Invalid LoyaltyProgramId."
    for cursor in (program_id, tier_id, membership["Id"]):
        reply = await other.call("loyaltyPrograms/getAll", Limitation={"Count": 1, "Cursor": cursor})
        assert (reply.status, reply.message) == (400, "Invalid Cursor.")


async def test_portfolio_token_names_the_chain_it_writes_to(api: Api, other: Api, portfolio: Api) -> None:
    item = {"Name": "A", "Code": "A", "Type": "Hotel", "Subscription": "Free"}
    for chain in (None, "", "nonsense", "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"):
        reply = await portfolio.call("loyaltyPrograms/add", ChainId=chain, LoyaltyPrograms=[item])
        assert (reply.status, reply.message) == (400, "Invalid ChainId.")

    for chain_id in (api.chain_id, other.chain_id):
        data = await portfolio.good("loyaltyPrograms/add", ChainId=str(chain_id).upper(), LoyaltyPrograms=[item])
        assert data["LoyaltyPrograms"][0]["ChainId"] == str(chain_id)


async def test_portfolio_token_reads_all_its_chains(api: Api, other: Api, portfolio: Api) -> None:
    ids = [await one.add_program(code) for code in ("A", "B") for one in (api, other)]
    listed = await portfolio.good("loyaltyPrograms/getAll")
    assert [item["Id"] for item in listed["LoyaltyPrograms"]] == ids[::-1]

    only = await portfolio.good("loyaltyPrograms/getAll", ChainIds=[str(other.chain_id)])
    assert [item["Id"] for item in only["LoyaltyPrograms"]] == [ids[3], ids[1]]
    page = await portfolio.good("loyaltyPrograms/getAll", Limitation={"Count": 2, "Cursor": ids[2]})
    assert [item["Id"] for item in page["LoyaltyPrograms"]] == [ids[1], ids[0]]


async def test_old_clients_name_the_chain_in_the_items(api: Api, other: Api, portfolio: Api) -> None:
    def items(*chains: Any) -> list[dict[str, str]]:
        return [{"DataClusterId": str(chain), "Name": "A", "Code": f"A{n}"} for n, chain in enumerate(chains)]

    data = await portfolio.good("loyaltyPrograms/add", LoyaltyPrograms=items(other.chain_id, other.chain_id))
    assert {item["ChainId"] for item in data["LoyaltyPrograms"]} == {str(other.chain_id)}
    reply = await portfolio.call("loyaltyPrograms/add", LoyaltyPrograms=items(api.chain_id, other.chain_id))
    assert (reply.status, reply.message) == (400, "Invalid DataClusterId.")
    ordinary = await api.good("loyaltyPrograms/add", LoyaltyPrograms=items(api.chain_id, other.chain_id))
    assert {item["ChainId"] for item in ordinary["LoyaltyPrograms"]} == {str(api.chain_id)}


async def test_published_tokens_open_the_door_only_after_the_demo_made_them(api: Api) -> None:
    published = api.with_tokens(
        "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D",
        "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D",
    )
    assert (await published.call("configuration/get")).status == 401
    async with api.database.session() as session:
        await create_demo_tokens(session, SYSTEM, api.keys, [api.enterprise_id], now=NOON)

    assert (await published.call("configuration/get")).status == 200
