"""A canary in every secret there is: it shows in the one answer that hands a made key over, and nowhere else."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import psycopg
import pytest
from tests.acceptance.test_route_walk import PLACE, Town, build_app, pages_of
from tests.builders.cages import Cage, Ear, Echo, listen_to_logs
from tests.builders.canaries import Canaries
from tests.builders.canary_profiles import Form, fill, forms
from tests.builders.house import ACTOR, QUERY, make_settings, open_small_house
from tests.builders.identity_provider import SECRET, run_provider
from tests.builders.jobs import work_off
from tests.builders.key_files import pgp_key, ssh_key
from tests.builders.mailboxes import Mailbox, run_mailbox
from tests.builders.mparticle import encode, firehose
from tests.builders.one_of_each import make_one_of_each
from tests.builders.phones import code_at, read_key
from tests.builders.receivers import run_receiver
from tests.web.conftest import open_browser
from tests.web.test_provider import go_there
from tests.web.test_second_factor import RECOVERY
from typer.testing import CliRunner

from tessera import configuration
from tessera.access.keys import NewApiKey, create_api_keys
from tessera.access.roles import ADMIN_ROLE_ID
from tessera.access.users import NewUser, create_users
from tessera.api.management.v1.registry import ROUTES
from tessera.cli.root import app as commands
from tessera.configuration.scope import secret_reader
from tessera.connectors.contract import connector_types
from tessera.notifications import Dispatcher
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

OWNER = "canary@example.com"
MAILED = "mailed@example.com"
NEW_PASSWORD = "a third quiet sentence of canaries"
BODY = json.dumps({"id": "{{ id }}"})


@pytest.fixture
async def cage(
    database: Database, query_address: str, admin_address: str, keys: KeyRing, tmp_path: Path
) -> AsyncIterator[Cage]:
    canaries, ear = Canaries(), Ear()
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(run_provider())
        mailbox = await stack.enter_async_context(run_mailbox())
        echo = Echo(canaries)
        receiver = await stack.enter_async_context(run_receiver(echo))
        given = {**mailbox.settings(), **provider.settings(), "log_level": "debug"}
        canaries.keep("setting oidc_client_secret", SECRET)
        settings = make_settings(tmp_path, **given, mail_password=canaries.draw("setting mail_password"))
        house = await stack.enter_async_context(open_small_house(database, query_address, keys, settings))
        stack.enter_context(listen_to_logs(settings, ear))
        ids = await make_one_of_each(house)
        app = build_app(house)
        password = canaries.draw("password of a user")
        admin = frozenset({ADMIN_ROLE_ID})
        async with database.session() as session:
            people = [NewUser(email, "Canary", password, roles=admin) for email in (OWNER, MAILED)]
            await create_users(session, ACTOR, people)
            (key,) = await create_api_keys(session, ACTOR, keys, [NewApiKey("Canary", roles=admin)], now=now())
        canaries.keep("API key", key.text[-32:])
        browser = await stack.enter_async_context(open_browser(app))
        assert (await browser.sign_in(OWNER, password)).status_code == 303
        canaries.keep("session", browser.client.cookies["tessera_session"])
        cage = Cage(house, app, browser, key.text, ids, canaries, ear, receiver, echo, admin_address)
        await forget_password(cage, mailbox)
        yield cage


async def forget_password(cage: Cage, mailbox: Mailbox) -> None:
    """Let a link be mailed, and look at the queue and all else while it is on its way."""

    def answer() -> str:
        cage.dump()
        return "250 taken"

    mailbox.answer = answer
    async with open_browser(cage.app) as visitor:
        token = await visitor.token("/forgot-password")
        await visitor.post("/forgot-password", email=MAILED, form_token=token)
        cage.dump()
        await work_off(cage.house.resources)
        link = mailbox.link()
        cage.canaries.keep("link of a mail", link.partition("token=")[2])
        await visitor.get(link.removeprefix("http://tessera.test"))
        page = await visitor.get("/reset-password")
        cage.ear.hear("page of the link", page.text)
        form_token = visitor.client.cookies["tessera_sign_in"]
        fields = {"password": cage.canaries.keep("new password", NEW_PASSWORD), "form_token": form_token}
        refused = await visitor.post("/reset-password", **fields, again="another one")
        done = await visitor.post("/reset-password", **fields, again=NEW_PASSWORD)
        assert (refused.status_code, done.status_code) == (422, 303)
        cage.ear.hear("form of the link", refused.text + done.text)
        wrong = cage.canaries.draw("wrong password")
        cage.ear.hear("form of sign-in", (await visitor.sign_in(MAILED, wrong)).text)
        cage.ear.hear("answer of the provider", (await visitor.get(await go_there(visitor))).text)


def test_search_finds_every_spelling() -> None:
    canaries = Canaries()
    secret = canaries.draw("one")
    pair = base64.b64encode(f"user:{secret}".encode()).decode()
    for text in (secret, json.dumps([secret]), quote(secret, safe=""), pair, secret.encode().hex(), secret[3:15]):
        (leak,) = canaries.find(f"before {text} after")
        assert leak.startswith("one: ")
    assert not list(canaries.find(f"{secret[:11]} and {secret[11:22]}"))


@pytest.mark.timeout(180)
async def test_no_secret_stands_in_clear(cage: Cage, keys_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_credentials(cage)
    await set_up_factor(cage)
    key_id = await make_keys(cage)
    made = [(form, await make_profile(cage, form, key_id)) for form in forms()]
    assert {form[0].key for form, _ in made} == {key for key, kind in connector_types().items() if kind.probe} - {
        "mparticle_inbound"
    }
    runs = [await export_through(cage, profile) for form, profile in made if form[0].capabilities.takes_templates]
    assert "failed" in {state for _, state in runs}, "refused by a receiver that repeats what it got"
    await receive_message(cage)
    await break_down(cage)
    cage.dump()
    await walk(cage, [profile["id"] for _, profile in made], [template for template, _ in runs])
    await write_configuration(cage)
    await command(cage, keys_file, monkeypatch)
    reached = {name for name in cage.canaries.names if cage.canaries.holds(str(cage.receiver.received), name)}
    assert {"template header", "http_api/bearer/token", "http_api/oauth2/client_secret"} <= reached
    leaks = cage.ear.find(cage.canaries)
    assert not leaks, "\n".join(leaks)


async def make_credentials(cage: Cage) -> None:
    """Make what opens the APIs, and somebody's webhook, and let its receiver say what it was sent."""
    keep, chain = cage.canaries.keep, cage.chain_id
    keep("API key", (await cage.make("/api-keys", once=True, label="Once", permissions=["members:read"]))["text"][-32:])
    client = await cage.make("/client-tokens", once=True, label="Once")
    keep("client token", client["text"])
    parts: dict[str, Any] = {
        "client_token_id": client["client_token"]["id"],
        "enterprise_ids": [cage.ids["enterprise_id"]],
    }
    keep("access token", (await cage.make("/access-tokens", once=True, label="Once", **parts))["text"])
    new: dict[str, Any] = {"email": "once@example.com", "name": "Once", "role_ids": [cage.ids["role_id"]]}
    user = await cage.make("/users", once=True, **new)
    keep("drawn password", user["password"])
    drawn = await cage.make(f"/users/{user['user']['id']}/password", once=True)
    keep("drawn password", drawn["password"])
    for _ in range(2):
        given: dict[str, Any] = {**new, "email": "given@example.com"}
        await cage.call("POST", "/users", **given, password=cage.canaries.draw("given password"))
    hook = await cage.make("/webhook-subscriptions", once=True, chain_id=chain, label="Once", url=cage.receiver.url)
    keep("webhook secret", hook["secret"].removeprefix("whsec_"))
    path = f"/webhook-subscriptions/{hook['subscription']['id']}"
    await cage.make(f"{path}/test")
    turned = await cage.make(f"{path}/rotate-secret", once=True)
    keep("webhook secret", turned["secret"].removeprefix("whsec_"))
    dispatcher = Dispatcher(cage.house.resources, cage.house.client)
    await dispatcher.dispatch()
    await dispatcher.send_due()


async def set_up_factor(cage: Cage) -> None:
    """Put a key into a phone, keep the recovery codes, and sign in with one."""
    path, post = "/account/second-factor", cage.browser.post
    await post(f"{path}/begin", csrf_token=await cage.browser.token("/account"))
    key = read_key((await cage.browser.get(path)).text)
    cage.canaries.keep("key of a phone", key)
    code = code_at(key, cage.house.resources.clock())
    answer = await post(f"{path}/confirm", code=code, csrf_token=await cage.browser.token("/account"))
    for recovery in RECOVERY.findall(answer.text):
        cage.canaries.keep("recovery code", recovery)
        cage.canaries.keep("recovery code", recovery.replace("-", ""))


async def make_keys(cage: Cage) -> str:
    """Make encryption keys, one with a passphrase, and have one refused; return the id of the one for SFTP."""
    passphrase = cage.canaries.draw("passphrase")
    material, plain, (pgp, _) = ssh_key("ed25519", "RFC4716", passphrase), ssh_key("ecdsa"), pgp_key()
    for name, text in (("SSH key", material), ("SSH key", plain), ("OpenPGP key", pgp)):
        lines = [line for line in text.splitlines() if len(line) >= 60]
        cage.canaries.keep(name, lines[-1])
    new: dict[str, Any] = {"chain_id": cage.chain_id, "label": "Canary", "type": "rsa_private_key"}
    wrong = cage.canaries.draw("wrong passphrase")
    assert (await cage.call("POST", "/encryption-keys", **new, material=material, passphrase=wrong)).status_code == 422
    key = await cage.make("/encryption-keys", **new, material=material, passphrase=passphrase)
    await cage.call("PATCH", f"/encryption-keys/{key['id']}", label="x" * 300, material=plain)
    await cage.make("/encryption-keys", **{**new, "type": "pgp_private_key", "label": "Canary 2"}, material=pgp)
    fields = {"label": "", "type": "rsa_private_key", "material": material, "passphrase": passphrase}
    await cage.send(f"/admin/integrations/encryption-keys/{cage.chain_id}/new", **fields)
    return str(key["id"])


async def make_profile(cage: Cage, form: Form, key_id: str) -> Any:
    """Make a profile, test it against a receiver that tells all, and be refused with other secrets typed."""
    connector, variant, _ = form
    settings = fill(form, cage.canaries, url=cage.receiver.url, key=key_id)
    new: dict[str, Any] = {"chain_id": cage.chain_id, "type": connector.key, "variant": variant}
    label = f"Canary {len(cage.ear.heard)}"
    made = await cage.make("/connection-profiles", **new, label=label, settings=settings)
    assert made["state"] == "ready", (form, made)
    # The address that would give the token is not on this machine.
    if "tenant_id" not in settings:
        await cage.make(f"/connection-profiles/{made['id']}/test", options=[])
    other = fill(form, cage.canaries, url=cage.receiver.url, key=key_id)
    wrong = await cage.call("PATCH", f"/connection-profiles/{made['id']}", label="\0", settings={**other, "no": "x"})
    assert wrong.status_code == 422
    typed = {f"p_{key}": value for key, value in other.items() if isinstance(value, str)}
    for header in other.get("static_headers", ()):
        row = {f"p_static_headers-0-{part}": str(value) for part, value in header.items()}
        typed |= row | {"p_static_headers-0-secret": "true"}
    path = f"/admin/integrations/profiles/{cage.chain_id}/{made['id']}/edit"
    assert (await cage.send(path, label="", version="1", **typed)).status_code == 422
    return made


async def export_through(cage: Cage, profile: Mapping[str, Any]) -> tuple[str, str]:
    """Send through a profile: a preview, a test, a run that is refused and one whose rows are; return what came."""
    canaries, number, chain = cage.canaries, len(cage.ear.heard), cage.chain_id
    secret = {"name": "X-Template", "value": f"Token {canaries.draw('template header')}", "secret": True}
    query = await cage.make("/queries", chain_id=chain, label=f"Canary {number}", text=QUERY, key_columns=["id"])
    shape: dict[str, Any] = {"method": "POST", "url_path": "members", "body": BODY, "headers": [secret]}
    items = {"items": "/errors", "index": "/index", "message": "/message"}
    ends: dict[str, Any] = {"query_id": query["id"], "profile_id": profile["id"], "chain_id": chain}
    template = await cage.make("/http-templates", **ends, **shape, error_path=items, label=f"Canary {number}")
    path = f"/http-templates/{template['id']}"
    other = {**secret, "value": f"{canaries.draw('refused template header')} {{{{ nothing }}}}"}
    assert (await cage.call("PATCH", path, headers=[other])).status_code == 422
    fields = {"label": f"Canary {number}", "method": "POST", "body": "{", "success_statuses": "200"}
    typed = {"header_name": "X-New", "header_value": canaries.draw("typed template header"), "header_secret": "true"}
    for step in ("edit", "edit/preview"):
        await cage.send(f"/admin/integrations/templates/{chain}/{template['id']}/{step}", **fields, **typed, do="save")
    await cage.make(f"{path}/preview")
    await cage.make(f"{path}/send-test")
    parts: dict[str, Any] = {"query": query["internal_name"], "template": template["internal_name"]}
    definition = await cage.make("/export-definitions", chain_id=chain, label=f"Canary {number}", **parts)
    cage.echo.gives_tokens = True
    state = ""
    for status in (400, 200):
        cage.echo.status = status
        run = await cage.make(f"/export-definitions/{definition['id']}/run")
        await cage.house.executor().execute(run["id"])
        ended = await cage.call("GET", f"/runs/{run['id']}")
        state = ended.json()["state"]
        for part in ("requests", "errors"):
            await cage.call("GET", f"/runs/{run['id']}/{part}")
        for part in ("", "/progress", "/rates", "/requests/0"):
            await cage.look(f"/admin/exports/runs/{run['id']}{part}")
    cage.echo.gives_tokens, cage.echo.status = False, 401
    return str(template["id"]), state


async def receive_message(cage: Cage) -> None:
    """Take a message of mParticle's that brings secrets along, by a token that was made this once."""
    profile = f"/connection-profiles/{cage.ids['inbound_id']}"
    token = (await cage.make(f"{profile}/rotate-token", once=True))["token"]
    cage.canaries.keep("inbound token", token.removeprefix("tsi_"))
    cage.canaries.keep("settings of a sender", "canary-of-settings")
    name = (await cage.call("GET", profile)).json()["internal_name"]
    client, address = cage.browser.client, f"/integrations/mparticle/inbound/{name}"
    for shown in (token, f"{token}x"):
        headers = {"Authorization": f"Token {shown}", "Content-Type": "application/json"}
        answer = await client.post(address, content=encode(firehose("canary")), headers=headers)
        cage.ear.hear("inbound", answer.text)
    for message in (await cage.call("GET", f"{profile}/messages")).json()["items"]:
        await cage.call("GET", f"{profile}/messages/{message['id']}")
        page = f"/admin/integrations/profiles/{cage.chain_id}/{cage.ids['inbound_id']}"
        await cage.look(f"{page}/messages/{message['id']}")


async def break_down(cage: Cage) -> None:
    """Let everything fail in a way that nobody foresaw, in the middle of keeping secrets."""
    with psycopg.connect(cage.admin_address, autocommit=True) as connection:
        connection.execute("ALTER TABLE tessera.audit_entries RENAME TO audit_entries_away")
        text = cage.canaries.draw("secret of what failed")
        chain: dict[str, Any] = {"chain_id": cage.chain_id, "label": "Broken"}
        calls: dict[str, dict[str, Any]] = {
            "/users": {"email": "broken@example.com", "name": "x", "password": text, "role_ids": [cage.ids["role_id"]]},
            "/api-keys": {"label": "Broken", "permissions": ["members:read"]},
            "/webhook-subscriptions": {**chain, "url": cage.receiver.url},
            "/encryption-keys": {**chain, "type": "rsa_private_key", "material": ssh_key("ecdsa")},
            "/connection-profiles": {
                **chain,
                "type": "http_api",
                "variant": "basic",
                "settings": {
                    "base_url": cage.receiver.url,
                    "username": "x",
                    "password": text,
                    "static_headers": [{"name": "X-K", "value": text, "secret": True}],
                },
            },
            "/http-templates": {
                **chain,
                "query_id": cage.ids["query_id"],
                "profile_id": cage.ids["profile_id"],
                "body": BODY,
                "headers": [{"name": "X-K", "value": text, "secret": True}],
            },
        }
        for path, body in calls.items():
            assert (await cage.call("POST", path, **body)).status_code >= 500, path
        await cage.send("/account/password", password=text, again=text, current=text)
        async with open_browser(cage.app) as visitor:
            cage.ear.hear("broken sign-in", (await visitor.sign_in(MAILED, NEW_PASSWORD)).text)
        connection.execute("ALTER TABLE tessera.audit_entries_away RENAME TO audit_entries")


async def walk(cage: Cage, profiles: list[str], templates: list[str]) -> None:
    """Open every page and ask every route, those of profiles and templates for each of them."""
    towns = [("", Town(cage.ids, ()))]
    for name, found in (("profile", profiles), ("template", templates)):
        towns += [(name, Town({**cage.ids, name: one, f"{name}_id": one}, ())) for one in found]
    for name, town in towns:
        wanted = {name, f"{name}_id"}
        for _, path in pages_of("GET"):
            if not name or wanted & set(PLACE.findall(path)):
                await cage.look(town.fill(path))
        for route in ROUTES:
            if route.method == "GET" and (not name or wanted & set(PLACE.findall(route.path))):
                await cage.call("GET", town.fill(route.path))


async def write_configuration(cage: Cage) -> None:
    """Write the whole configuration down, and plan a change of its secrets."""
    house = cage.house
    async with house.database.session() as session:
        scope = configuration.make_scope(session, ACTOR, UUID(cage.chain_id), house.resources, house.engine)
        text = await configuration.export_configuration(scope, "Harbour Hotels")
        cage.ear.hear("configuration", text)
        changed = cage.canaries.draw("secret of a file")
        scope = replace(scope, read_secret=secret_reader({"X": changed}))
        given = text.replace("value: kept", "value: {env: X}")
        document = configuration.read_documents({"all.yaml": given})
        outcome = await configuration.apply_configuration(scope, document)
        cage.ear.hear("plan", repr(outcome))


async def command(cage: Cage, keys_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the commands show all they can."""
    settings = cage.house.resources.settings
    for name, value in {
        "DATABASE_URL": cage.admin_address,
        "SECRET_KEYS_FILE": str(keys_file),
        "DATA_DIR": str(settings.data_dir),
        "LOG_LEVEL": "debug",
    }.items():
        monkeypatch.setenv(f"TESSERA_{name}", value)
    logging.getLogger().handlers.clear()
    chain = ("--chain", cage.chain_id)
    names = {
        "profile": [each["internal_name"] for each in await items(cage, "/connection-profiles")],
        "template": [each["internal_name"] for each in await items(cage, "/http-templates")],
        "encryption-key": [each["internal_name"] for each in await items(cage, "/encryption-keys")],
    }
    shown = [[group, "show", name, *chain, "--json"] for group, found in names.items() for name in found]
    lists = [[group, "list", "--json"] for group in ("user", "role", "api-key", "webhook", "token", "event", "run")]
    for arguments in [*lists, *shown, ["export-config", *chain], ["secrets", "reseal"]]:
        ended = await asyncio.to_thread(CliRunner().invoke, commands, arguments)
        assert ended.exit_code == 0, (arguments, ended.output)
        cage.ear.hear(f"command {' '.join(arguments)}", ended.output)


async def items(cage: Cage, path: str) -> list[dict[str, Any]]:
    """Return a list of the chain's things."""
    found: list[dict[str, Any]] = (await cage.call("GET", f"{path}?chain_id={cage.chain_id}&limit=100")).json()["items"]
    return found
