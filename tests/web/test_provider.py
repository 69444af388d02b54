"""Sign-in through an identity provider that runs on loopback: the way in, and everything that must not be one."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from tests.builders.house import SmallHouse, make_settings
from tests.builders.identity_provider import IdentityProvider, Person, encode, run_provider
from tests.builders.receivers import Reply
from tests.web.conftest import PASSWORD, Browser, Site, build_site, open_browser

from tessera.access.sign_in import Identity, link_identity
from tessera.access.users import find_user_by_email
from tessera.platform.actors import command_line_actor

ROOT = command_line_actor("test")


@pytest.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    async with run_provider() as running:
        yield running


@asynccontextmanager
async def visit(house: SmallHouse, provider: IdentityProvider, **given: Any) -> AsyncIterator[Browser]:
    """A browser at a deployment that signs in through the provider."""
    settings = make_settings(house.resources.settings.data_dir, **provider.settings(**given))
    async with open_browser(build_site(house, settings=settings)) as browser:
        yield browser


async def go_there(browser: Browser, path: str = "/sign-in/provider") -> str:
    """Follow the way to the provider and return the address that it sends back to."""
    answer = await browser.get(path)
    assert answer.status_code == 303, answer.text
    async with httpx.AsyncClient() as client:
        there = await client.get(answer.headers["location"])
    assert there.status_code == 302
    return there.headers["location"].removeprefix("http://tessera.test")


async def sign_in(browser: Browser, path: str = "/sign-in/provider") -> Any:
    return await browser.get(await go_there(browser, path))


async def link(site: Site, provider: IdentityProvider, email: str = "ada@example.com") -> None:
    """Make a user whom the provider knows."""
    await site.add_user(email)
    async with site.house.database.session() as session:
        user = await find_user_by_email(session, ROOT, email)
        assert user is not None
        await link_identity(
            session, ROOT, user, Identity(provider.issuer, provider.person.subject), now=site.house.resources.clock()
        )


@pytest.mark.parametrize(
    ("algorithm", "methods"),
    [("RS256", None), ("ES256", ["client_secret_basic", "client_secret_post"]), ("RS256", ["client_secret_post"])],
)
async def test_linked_user_comes_in(
    site: Site, provider: IdentityProvider, algorithm: str, methods: list[str] | None
) -> None:
    await link(site, provider)
    provider.algorithm, provider.methods = algorithm, methods
    async with visit(site.house, provider) as browser:
        assert "Sign in with Example Login" in (await browser.get("/sign-in")).text
        answer = await sign_in(browser, "/sign-in/provider?next=/account")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        assert "ada@example.com" in (await browser.get("/account")).text
        # The code was used up, and so was what the browser kept.
        again = await browser.get(f"/sign-in/provider/callback?{provider.asked[-1].path.partition('?')[2]}")
        assert again.status_code == 403


async def test_public_client_needs_no_secret(site: Site, provider: IdentityProvider, monkeypatch: Any) -> None:
    await link(site, provider)
    monkeypatch.setattr(provider, "is_client", lambda _, sent: sent.get("client_id") == "tessera")
    async with visit(site.house, provider, oidc_client_secret=None) as browser:
        assert (await sign_in(browser)).status_code == 303


async def test_stranger_stays_outside(site: Site, provider: IdentityProvider) -> None:
    await site.add_user("ada@example.com")
    async with visit(site.house, provider) as browser:
        answer = await sign_in(browser)
        assert answer.status_code == 403
        assert "has no user for you" in answer.text
        assert "tessera_session" not in browser.client.cookies


async def test_verified_address_links_where_allowed(site: Site, provider: IdentityProvider) -> None:
    await site.add_user("ada@example.com")
    async with visit(site.house, provider, oidc_link_by_email=True) as browser:
        provider.person.claims["email_verified"] = False
        assert (await sign_in(browser)).status_code == 403
        provider.person.claims["email_verified"] = True
        assert (await sign_in(browser)).status_code == 303
        # From then on the subject counts, whatever the address says.
        provider.person.claims["email"] = "lovelace@example.com"
        assert (await sign_in(browser)).status_code == 303
        assert "ada@example.com" in (await browser.get("/account")).text


async def test_first_sign_in_makes_a_user_where_allowed(site: Site, provider: IdentityProvider) -> None:
    async with visit(
        site.house, provider, oidc_create_users=True, oidc_permissions="exports:read", oidc_roles="csr"
    ) as browser:
        assert (await sign_in(browser)).status_code == 303
        page = (await browser.get("/account")).text
        assert "Ada Lovelace" in page
        assert "Change password" not in page
        assert (await browser.get("/admin/exports/runs")).status_code == 200
        assert (await browser.get("/admin/access/users")).status_code in {403, 404}
        await browser.post("/sign-out", csrf_token=await browser.token())
        for password in ("", "None", "x" * 12):
            assert (await browser.sign_in("ada@example.com", password)).status_code == 422
    async with site.house.database.session() as session:
        actions = set(await session.scalars(text("SELECT action FROM audit_entries")))
        assert await session.scalar(text("SELECT password_hash FROM users")) is None
    assert {"created", "identity_linked", "signed_in"} <= actions


async def test_new_user_needs_a_verified_address(site: Site, provider: IdentityProvider) -> None:
    async with visit(site.house, provider, oidc_create_users=True) as browser:
        for claims in ({"email": "x@example.com"}, {"email": "x@example.com", "email_verified": "false"}, {}):
            provider.person = Person("x", dict(claims))
            assert (await sign_in(browser)).status_code == 403
        await site.add_user("taken@example.com")
        provider.person = Person("y", {"email": "taken@example.com", "email_verified": True})
        answer = await sign_in(browser)
        assert answer.status_code == 409
        assert "belongs to a user already" in answer.text


async def test_address_is_asked_for_where_the_token_lacks_it(site: Site, provider: IdentityProvider) -> None:
    provider.claims_in_token = False
    async with visit(site.house, provider, oidc_create_users=True) as browser:
        provider.userinfo_subject = "somebody else"
        assert "mixed two people up" in (await sign_in(browser)).text
        provider.userinfo_subject = None
        assert (await sign_in(browser)).status_code == 303
        assert "Ada Lovelace" in (await browser.get("/account")).text


async def test_disabled_user_stays_outside(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with site.house.database.session() as session:
        await session.execute(text("UPDATE users SET enabled = false"))
    async with visit(site.house, provider, oidc_link_by_email=True, oidc_create_users=True) as browser:
        assert (await sign_in(browser)).status_code == 403


NOW = int(time.time())
BENT: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another issuer": lambda c: c | {"iss": "https://evil.example"},
    "no issuer": lambda c: c | {"iss": None},
    "another client": lambda c: c | {"aud": "somebody"},
    "another of several": lambda c: c | {"aud": ["somebody", "else"]},
    "several without a party": lambda c: c | {"aud": ["tessera", "else"]},
    "another party": lambda c: c | {"aud": ["tessera", "else"], "azp": "else"},
    "another party alone": lambda c: c | {"azp": "else"},
    "no audience": lambda c: c | {"aud": None},
    "another nonce": lambda c: c | {"nonce": "x" * 43},
    "no nonce": lambda c: c | {"nonce": None},
    "nonce of another kind": lambda c: c | {"nonce": 7},
    "expired": lambda c: c | {"exp": NOW - 3600},
    "no end": lambda c: c | {"exp": None},
    "end as text": lambda c: c | {"exp": "tomorrow"},
    "no beginning": lambda c: c | {"iat": None},
    "made long ago": lambda c: c | {"iat": NOW - 86_400},
    "made tomorrow": lambda c: c | {"iat": NOW + 86_400},
    "not yet": lambda c: c | {"nbf": NOW + 86_400},
    "no subject": lambda c: c | {"sub": None},
    "subject of another kind": lambda c: c | {"sub": 7},
    "subject with a null byte": lambda c: c | {"sub": "a\x00b"},
    "endless subject": lambda c: c | {"sub": "a" * 300},
}


async def test_token_for_something_else_opens_nothing(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with visit(site.house, provider) as browser:
        for name, bend in BENT.items():
            provider.bend = bend
            answer = await sign_in(browser)
            assert answer.status_code == 403, name
            assert "not meant for this sign-in" in answer.text, name
            assert "tessera_session" not in browser.client.cookies


async def test_clocks_may_differ_a_little(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with visit(site.house, provider) as browser:
        for name, seconds in (("exp", -30), ("iat", 60), ("nbf", 60)):
            provider.bend = lambda claims, n=name, s=seconds: claims | {n: time.time() + s}  # type: ignore[misc]
            assert (await sign_in(browser)).status_code == 303, name


async def test_several_audiences_with_our_party_are_fine(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    provider.bend = lambda claims: claims | {"aud": ["else", "tessera"], "azp": "tessera"}
    async with visit(site.house, provider) as browser:
        assert (await sign_in(browser)).status_code == 303


async def test_forged_token_opens_nothing(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with visit(site.house, provider) as browser:
        for forge in ("none", "hmac", "stranger", "signature"):
            provider.forge = forge
            answer = await sign_in(browser)
            assert answer.status_code == 403, forge
            assert "cannot be believed" in answer.text, forge


async def test_token_that_is_none_opens_nothing(
    site: Site, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await link(site, provider)
    async with visit(site.house, provider) as browser:
        for token in ("", "x", "a.b.c", f"{encode({'alg': 'RS256'})}.{encode({})}.x", "é.é.é", "\x00"):
            monkeypatch.setattr(provider, "sign", lambda _, made=token: made)
            assert (await sign_in(browser)).status_code == 403, token


async def test_new_key_is_found(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with visit(site.house, provider) as browser:
        assert (await sign_in(browser)).status_code == 303
        provider.rotate()
        assert (await sign_in(browser)).status_code == 303
        # A key that is published nowhere is looked for once, and refused.
        published = provider.publish
        old = published(provider.asked[0])
        provider.rotate()
        provider.documents["/jwks"] = old
        answer = await sign_in(browser)
        assert answer.status_code == 403
        assert "does not publish" in answer.text


async def test_refusal_is_told_in_our_words(site: Site, provider: IdentityProvider) -> None:
    provider.refuse = "access_denied"
    async with visit(site.house, provider) as browser:
        answer = await sign_in(browser)
        assert answer.status_code == 403
        assert "refused the sign-in (access_denied)" in answer.text
        provider.refuse = "<script>alert(1)</script>"
        answer = await sign_in(browser)
        assert "no reason given" in answer.text
        assert "<script>alert" not in answer.text


async def test_failing_provider_is_told(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with visit(site.house, provider) as browser:
        provider.token_status = 500
        assert (await sign_in(browser)).status_code == 503
        provider.token_status = 400
        assert (await sign_in(browser)).status_code == 403


BROKEN = [
    Reply(500),
    Reply(404),
    Reply(200, body=b"<html>"),
    Reply(200, body=b"[]"),
    Reply(200, body=b"[" * 60_000),
    Reply(200, body=b'{"issuer": "https://evil.example"}'),
    Reply(302, {"location": "http://127.0.0.1:9/"}),
    Reply(reset=True),
]


async def test_broken_discovery_is_told(site: Site, provider: IdentityProvider) -> None:
    async with visit(site.house, provider) as browser:
        for reply in BROKEN:
            provider.documents["/.well-known/openid-configuration"] = reply
            answer = await browser.get("/sign-in/provider")
            assert answer.status_code in {403, 503}, reply
            assert "The identity provider" in answer.text, reply
            assert "Sign in with Example Login" in answer.text, reply


async def test_provider_on_a_forbidden_address_is_not_asked(site: Site, provider: IdentityProvider) -> None:
    described = provider.describe(None)  # type: ignore[arg-type]
    provider.documents["/.well-known/openid-configuration"] = Reply(
        200, body=described.body.replace(f"{provider.issuer}/token".encode(), b"http://169.254.169.254/token")
    )
    async with visit(site.house, provider) as browser:
        answer = await sign_in(browser)
        assert answer.status_code == 503
        assert "Calls to 169.254.169.254 are refused" in answer.text


async def test_answer_belongs_to_the_browser_that_asked(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with visit(site.house, provider) as thief, visit(site.house, provider) as victim:
        stolen = await go_there(thief)
        assert (await victim.get(stolen)).status_code == 403
        mixed = await go_there(victim)
        assert (await victim.get(stolen)).status_code == 403
        victim.client.cookies.clear()
        assert (await victim.get(mixed)).status_code == 403


async def test_answer_of_another_provider_is_refused(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with visit(site.house, provider) as browser:
        back = await go_there(browser)
        other = back.replace("iss=http", "iss=https")
        assert other != back
        assert (await browser.get(other)).status_code == 403


async def test_callback_takes_nothing_made_up(site: Site, provider: IdentityProvider) -> None:
    queries = ("", "?state=", "?code=x", "?state=x&code=y", "?state=%00&code=%0d%0a", f"?error={'x' * 9000}")
    async with visit(site.house, provider) as browser:
        await browser.get("/sign-in/provider")
        kept = browser.client.cookies["tessera_provider"]
        for query in queries:
            for cookie in (kept, "made up", ""):
                browser.client.cookies.set("tessera_provider", cookie)
                assert (await browser.get(f"/sign-in/provider/callback{query}")).status_code == 403, query


async def test_sign_in_leads_nowhere_else(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with visit(site.house, provider) as browser:
        assert (await sign_in(browser, "/sign-in/provider?next=//evil.example")).headers["location"] == "/"


async def test_password_sign_in_can_be_off(site: Site, provider: IdentityProvider) -> None:
    await link(site, provider)
    async with visit(site.house, provider, password_sign_in=False) as browser:
        page = (await browser.get("/sign-in")).text
        assert 'type="password"' not in page
        answer = await browser.post(
            "/sign-in", email="ada@example.com", password=PASSWORD, form_token=await door_token(browser)
        )
        assert answer.status_code == 403
        assert (await sign_in(browser)).status_code == 303
        assert "/account/password" not in (await browser.get("/account")).text


async def door_token(browser: Browser) -> str:
    await browser.get("/forgot-password")
    return str(browser.client.cookies["tessera_sign_in"])


async def test_provider_that_is_not_there_is_told(stranger: Browser) -> None:
    answer = await stranger.get("/sign-in/provider")
    assert answer.status_code == 409
    assert "no identity provider" in answer.text
    assert "Sign in with " not in (await stranger.get("/sign-in")).text


async def test_account_links_itself(site: Site, provider: IdentityProvider) -> None:
    await site.add_user("ada@example.com")
    async with visit(site.house, provider) as browser:
        await browser.sign_in("ada@example.com")
        offered = await browser.post("/account/identity/link", csrf_token=await browser.token())
        address = offered.text.partition(f'href="{provider.issuer}')[2].partition('"')[0].replace("&amp;", "&")
        async with httpx.AsyncClient() as client:
            back = (await client.get(provider.issuer + address)).headers["location"]
        answer = await browser.get(back.removeprefix("http://tessera.test"))
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        assert "Linked" in (await browser.get("/account")).text
        await browser.post("/sign-out", csrf_token=await browser.token())
        assert (await sign_in(browser)).status_code == 303
        await browser.post("/account/identity/unlink", csrf_token=await browser.token())
        assert "Not linked" in (await browser.get("/account")).text
