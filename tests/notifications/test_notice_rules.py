"""The document of rules: checked with every fault named, its secrets sealed, kept, and never shown."""

import base64
from typing import Any

import msgspec
import pytest
from tests.notifications.conftest import Post
from tests.notifications.notices import mails

from tessera.notifications import NoticeRules, reseal_rules, show_rules
from tessera.notifications.errors import NoticeRulesError
from tessera.notifications.notices.rules import check_rules, open_target
from tessera.platform.clock import now
from tessera.platform.secrets import KeyRing
from tessera.platform.secrets.rings import make_key

HOOK = "https://hooks.example.com/services/T0/B0/very-secret-path"
CHAT = {"label": "Ops", "channel": "slack", "lists": ["error"], "settings": {"url": HOOK}}
WEBHOOK = {"channel": "webhook", "lists": ["error"], "settings": {"url": "https://crm.example.com/notices"}}


def faults_of(post: Post, given: Any, stored: NoticeRules | None = None) -> dict[str, str]:
    with pytest.raises(NoticeRulesError) as refused:
        check_rules(given, post.resources, stored=stored)
    faults = refused.value.details["faults"]
    assert isinstance(faults, dict)
    return faults


async def test_document_comes_back_as_it_was_stored(post: Post) -> None:
    rules = check_rules({"error": mails("Ada@example.com", "ada@EXAMPLE.com"), "targets": [CHAT]}, post.resources).rules
    stored = msgspec.json.encode(rules.dump())

    assert NoticeRules.parse(msgspec.json.decode(stored)) == rules
    assert rules.error.addresses == ("Ada@example.com",)
    assert b"very-secret-path" not in stored
    assert NoticeRules.parse(None) == NoticeRules.parse({}) == NoticeRules()


async def test_secret_is_only_ever_set(post: Post) -> None:
    rules = check_rules({"targets": [CHAT]}, post.resources).rules

    shown = show_rules(rules)

    (target,) = shown["targets"]
    assert (target["secrets"], target["settings"]) == ({"url": True}, {"form": "text"})
    assert "very-secret" not in str(shown)
    assert open_target(rules.targets[0], post.resources.keys)["url"] == HOOK
    # What was shown can be given back as it is: the secret stays.
    again = check_rules(shown, post.resources, stored=rules).rules
    assert again == rules
    changed = {**target, "settings": {"url": "https://hooks.example.com/other"}}
    other = check_rules({"targets": [changed]}, post.resources, stored=rules).rules
    assert open_target(other.targets[0], post.resources.keys)["url"] == "https://hooks.example.com/other"


async def test_secret_of_a_webhook_is_drawn_once(post: Post) -> None:
    made = check_rules({"targets": [WEBHOOK]}, post.resources)
    (target,) = made.rules.targets
    secret = made.drawn[target.id]["secret"]
    assert secret.startswith("whsec_")
    assert open_target(target, post.resources.keys)["secret"] == secret

    again = check_rules(show_rules(made.rules), post.resources, stored=made.rules)
    assert (again.drawn, again.rules) == ({}, made.rules)
    own = "whsec_" + base64.b64encode(bytes(32)).decode()
    given = {**WEBHOOK, "settings": {**WEBHOOK["settings"], "secret": own}}  # type: ignore[dict-item]
    assert check_rules({"targets": [given]}, post.resources).drawn == {}


async def test_secrets_are_sealed_again(post: Post) -> None:
    document = check_rules({"targets": [CHAT]}, post.resources).rules.dump()
    newer = KeyRing((*post.resources.keys.keys, make_key(now())))

    resealed = reseal_rules(document, newer)

    assert resealed is not None
    assert resealed != document
    assert reseal_rules(resealed, newer) is None
    assert reseal_rules(document, post.resources.keys) is None
    assert open_target(NoticeRules.parse(resealed).targets[0], newer)["url"] == HOOK


async def test_every_fault_is_at_its_place(post: Post) -> None:
    faults = faults_of(
        post,
        {
            "error": {"enabled": True, "addresses": "ada, eve@example.com"},
            "success": {"enabled": True, "addresses": []},
            "warnings": {},
            "targets": [
                {**CHAT, "settings": {"url": "https://10.0.0.1/x", "form": "poem"}},
                {**CHAT, "settings": {}},
                {**CHAT, "lists": []},
                {**CHAT, "lists": ["everything"]},
                {**CHAT, "channel": "pigeon"},
                {**WEBHOOK, "settings": {"url": "http://crm.example.com:70000/", "secret": "mine"}},
                {"channel": "heartbeat", "lists": ["error"], "settings": {"url": HOOK, "start_url": HOOK}},
                "chat",
                {"channel": "email", "lists": ["error"], "settings": {"addresses": "ada"}},
            ],
        },
    )
    assert set(faults) == {
        "error/addresses",
        "success/addresses",
        "warnings",
        "targets/0/settings/url",
        "targets/0/settings/form",
        "targets/1/settings/url",
        "targets/2/lists",
        "targets/3/lists",
        "targets/4/channel",
        "targets/5/settings/url",
        "targets/5/settings/secret",
        "targets/6/lists",
        "targets/6/settings/start_url",
        "targets/7",
        "targets/8/settings/addresses",
    }
    assert "'ada' is not a mail address" in faults["error/addresses"]
    assert "TESSERA_ALLOWED_NETWORKS" in faults["targets/0/settings/url"]
    assert "email, webhook, slack, heartbeat" in faults["targets/4/channel"]


async def test_target_of_other_rules_cannot_be_named(post: Post) -> None:
    rules = check_rules({"targets": [CHAT]}, post.resources).rules
    named = show_rules(rules)
    assert set(faults_of(post, named)) == {"targets/0/id", "targets/0/settings/url"}
    assert set(faults_of(post, {"targets": [*named["targets"], *named["targets"]]}, stored=rules)) == {"targets"}
    switched = [{**named["targets"][0], "channel": "webhook"}]
    assert set(faults_of(post, {"targets": switched}, stored=rules)) == {"targets/0/channel"}


async def test_secret_that_may_be_missing_is_cleared_with_null(post: Post) -> None:
    beat = {"channel": "heartbeat", "settings": {"style": "urls", "url": HOOK, "start_url": HOOK, "failure_url": HOOK}}
    rules = check_rules({"targets": [beat]}, post.resources).rules
    (target,) = show_rules(rules)["targets"]

    cleared = [{**target, "settings": {"style": "urls", "start_url": None}}]
    assert set(check_rules({"targets": cleared}, post.resources, stored=rules).rules.targets[0].secrets) == {
        "url",
        "failure_url",
    }
    # With the other style the two URLs do not exist, so they are not kept either.
    other = [{**target, "settings": {"style": "suffixes"}}]
    assert set(check_rules({"targets": other}, post.resources, stored=rules).rules.targets[0].secrets) == {"url"}
    assert set(faults_of(post, {"targets": [{**target, "settings": {"url": None}}]}, stored=rules)) == {
        "targets/0/settings/url"
    }
