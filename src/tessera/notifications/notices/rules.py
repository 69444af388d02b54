"""The document of rules: read, checked, shown, and sealed again. Its secrets go in and never come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from tessera.notifications.contract import Channel
from tessera.notifications.errors import ChannelNotFoundError, NoticeAddressesError, NoticeRulesError, WebhookUrlError
from tessera.notifications.notices.addresses import MOST_ADDRESSES, parse_addresses
from tessera.notifications.notices.values import CheckedRules, MailList, NoticeList, NoticeRules, NoticeTarget
from tessera.notifications.registry import get_channel
from tessera.notifications.target_urls import check_url
from tessera.platform.ids import new_random_ids, parse_id
from tessera.platform.kind_settings import check_settings, shown_settings
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

MOST_TARGETS = 20
LONGEST_LABEL = 100
MEMBERS = {"error", "success", "targets"}
LIST_MEMBERS = {"enabled", "addresses"}
TARGET_MEMBERS = {"id", "label", "channel", "enabled", "lists", "settings", "secrets"}


def purpose_of(target_id: UUID, key: str) -> str:
    """Return what a secret is sealed for: it opens nowhere else."""
    return f"notice_targets/{target_id}/{key}"


def show_rules(rules: NoticeRules) -> dict[str, Any]:
    """Return rules for doors: of a secret only whether it is set."""
    toggles = {
        name: {"enabled": each.enabled, "addresses": list(each.addresses)}
        for name, each in (("error", rules.error), ("success", rules.success))
    }
    return {**toggles, "targets": [show_target(target) for target in rules.targets]}


def show_target(target: NoticeTarget) -> dict[str, Any]:
    """Return one target for doors."""
    declared = get_channel(target.channel).settings
    return {
        "id": str(target.id),
        "label": target.label,
        "channel": target.channel,
        "enabled": target.enabled,
        "lists": [each.value for each in target.lists],
        "settings": dict(target.settings),
        "secrets": {each.key: each.key in target.secrets for each in declared if each.secret},
    }


def reseal_rules(document: Mapping[str, Any], keys: KeyRing) -> dict[str, Any] | None:
    """Return a stored document under the newest key; None where it needs nothing."""
    rules = NoticeRules.parse(document)
    targets = tuple(
        msgspec.structs.replace(
            target,
            secrets={key: keys.reseal(sealed, purpose_of(target.id, key)) for key, sealed in target.secrets.items()},
        )
        for target in rules.targets
    )
    return None if targets == rules.targets else msgspec.structs.replace(rules, targets=targets).dump()


def copy_rules(rules: NoticeRules, keys: KeyRing) -> NoticeRules:
    """Return the rules for another subject: targets of its own with the same secrets, sealed for them.

    Monitors that hear every start and end are switched off: each waits for one subject.
    """
    return msgspec.structs.replace(rules, targets=tuple(copy_target(target, keys) for target in rules.targets))


def copy_target(target: NoticeTarget, keys: KeyRing) -> NoticeTarget:
    """Return the target under an id of its own."""
    target_id = new_random_ids(1)[0]
    opened = {key: keys.open(sealed, purpose_of(target.id, key)) for key, sealed in target.secrets.items()}
    return msgspec.structs.replace(
        target,
        id=target_id,
        enabled=target.enabled and not get_channel(target.channel).hears_signals,
        secrets={key: keys.seal(value.reveal(), purpose_of(target_id, key)) for key, value in opened.items()},
    )


def open_target(target: NoticeTarget, keys: KeyRing) -> dict[str, str]:
    """Return all settings of a target, secrets in plain."""
    opened = {key: keys.open(sealed, purpose_of(target.id, key)).reveal() for key, sealed in target.secrets.items()}
    return {**target.settings, **opened}


@dataclass(slots=True)
class RuleCheck:
    """Rules being checked: what stays of those stored, and every fault by its place in what was given."""

    resources: Resources
    stored: Mapping[UUID, NoticeTarget]
    faults: dict[str, str] = field(default_factory=dict)
    drawn: dict[UUID, dict[str, str]] = field(default_factory=dict)

    def check_members(self, given: Mapping[str, Any], known: set[str], place: str) -> None:
        """Note members that there are not."""
        for name in sorted(set(given) - known):
            self.faults[f"{place}{name}"] = f"There is no such member here. There are: {', '.join(sorted(known))}."

    def check_list(self, given: Any, name: str) -> MailList:
        """Return one of the two toggles."""
        if given is None:
            return MailList()
        if not isinstance(given, Mapping):
            self.faults[name] = 'Give {"enabled": true or false, "addresses": […]}.'
            return MailList()
        self.check_members(given, LIST_MEMBERS, f"{name}/")
        enabled, text = given.get("enabled", False), join_addresses(given.get("addresses", ""))
        if not isinstance(enabled, bool):
            self.faults[f"{name}/enabled"] = "Give true or false."
            enabled = False
        try:
            if text is None:
                raise NoticeAddressesError("Give the addresses as a list of texts, or as one text.")
            addresses = parse_addresses(text)
        except NoticeAddressesError as error:
            self.faults[f"{name}/addresses"] = error.message
            return MailList()
        if enabled and not addresses:
            self.faults[f"{name}/addresses"] = f"Give 1 to {MOST_ADDRESSES} addresses, or switch the notices off."
        return MailList(enabled, addresses)

    def check_target(self, given: Any, place: str) -> NoticeTarget | None:
        """Return one further target; None where it cannot be read at all."""
        if not isinstance(given, Mapping):
            self.faults[place] = 'Give {"label": …, "channel": …, "lists": […], "settings": {…}}.'
            return None
        self.check_members(given, TARGET_MEMBERS, f"{place}/")
        try:
            channel = get_channel(str(given.get("channel")))
        except ChannelNotFoundError as error:
            self.faults[f"{place}/channel"] = error.message
            return None
        before = self.stored.get(parse_id(str(given.get("id"))) or UUID(int=0))
        if given.get("id") is not None and before is None:
            self.faults[f"{place}/id"] = "There is no such target yet. Leave the id out to add one."
        if before is not None and before.channel != channel.key:
            self.faults[f"{place}/channel"] = "The channel of a target never changes. Add another target."
            return None
        target_id = new_random_ids(1)[0] if before is None else before.id
        plain, secrets = self.check_settings(given, channel, before, target_id=target_id, place=place)
        return NoticeTarget(
            id=target_id,
            label=self.check_label(given.get("label", ""), channel, place),
            channel=channel.key,
            enabled=self.check_switch(given.get("enabled", True), place),
            lists=self.check_lists(given.get("lists", []), channel, place),
            settings=plain,
            secrets=secrets,
        )

    def check_settings(
        self, given: Mapping[str, Any], channel: Channel, before: NoticeTarget | None, *, target_id: UUID, place: str
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return plain settings and sealed secrets; one that is left out stays, or is drawn; null clears it."""
        settings = given.get("settings", {})
        if not isinstance(settings, Mapping):
            self.faults[f"{place}/settings"] = "Give an object of texts."
            return {}, {}
        sealed = {} if before is None else dict(before.secrets)
        for key in [key for key in sealed if settings.get(key, "") is None]:
            del sealed[key]
        checked = check_settings(channel.settings, settings, sealed=sealed, check_url=self.check_url)
        self.faults.update({f"{place}/settings/{key}": fault for key, fault in checked.faults.items()})
        fresh = dict(checked.secrets)
        for key, draw in (channel.drawn or {}).items():
            if key not in fresh and key not in sealed:
                fresh[key] = self.drawn.setdefault(target_id, {})[key] = draw()
        keys = self.resources.keys
        sealed.update({key: keys.seal(value, purpose_of(target_id, key)) for key, value in fresh.items()})
        shown = {each.key for each in shown_settings(channel.settings, checked.plain)}
        return dict(checked.plain), {key: value for key, value in sealed.items() if key in shown}

    def check_url(self, text: str) -> str:
        """Return the URL as it is stored, by the rules of webhooks."""
        try:
            return check_url(text, self.resources.settings)
        except WebhookUrlError as error:
            raise ValueError(error.message) from None

    def check_label(self, given: Any, channel: Channel, place: str) -> str:
        """Return what people call the target; empty is its channel."""
        if not isinstance(given, str) or not given.isprintable() or len(given.strip()) > LONGEST_LABEL:
            self.faults[f"{place}/label"] = f"A label is one line of at most {LONGEST_LABEL} characters."
            return ""
        return given.strip() or channel.label

    def check_switch(self, given: Any, place: str) -> bool:
        """Return whether the target is on."""
        if not isinstance(given, bool):
            self.faults[f"{place}/enabled"] = "Give true or false."
        return bool(given)

    def check_lists(self, given: Any, channel: Channel, place: str) -> tuple[NoticeList, ...]:
        """Return the lists that the target gets, in their own order."""
        known = [each.value for each in NoticeList]
        if not isinstance(given, list | tuple) or any(one not in known for one in given):
            self.faults[f"{place}/lists"] = f"Give a list of some of {', '.join(known)}."
            return ()
        if channel.hears_signals and given:
            self.faults[f"{place}/lists"] = f"A {channel.label.lower()} hears every start and end. Leave the lists out."
        if not channel.hears_signals and not given:
            self.faults[f"{place}/lists"] = f"Choose at least one of {', '.join(known)}."
        return tuple(each for each in NoticeList if each.value in given)


def check_rules(given: Mapping[str, Any], resources: Resources, *, stored: NoticeRules | None = None) -> CheckedRules:
    """Return what was given, ready to be stored; raise `NoticeRulesError` with every fault at its place.

    A target that is given with its `id` keeps the secrets that are left out.
    """
    check = RuleCheck(resources, {target.id: target for target in (stored.targets if stored else ())})
    check.check_members(given, MEMBERS, "")
    lists = {name: check.check_list(given.get(name), name) for name in ("error", "success")}
    found = given.get("targets") or []
    if not isinstance(found, Sequence) or isinstance(found, str) or len(found) > MOST_TARGETS:
        check.faults["targets"] = f"Give a list of at most {MOST_TARGETS} targets."
        found = []
    targets = [check.check_target(each, f"targets/{place}") for place, each in enumerate(found)]
    kept = tuple(target for target in targets if target is not None)
    if len({target.id for target in kept}) < len(kept):
        check.faults["targets"] = "Two targets have the same id. Leave it out of the one that is new."
    if check.faults:
        raise NoticeRulesError(" ".join(dict.fromkeys(check.faults.values())), faults=check.faults)
    return CheckedRules(NoticeRules(lists["error"], lists["success"], kept), check.drawn)


def join_addresses(given: Any) -> str | None:
    """Return addresses as one text, None where they are something else."""
    if given is None:
        return ""
    if isinstance(given, str):
        return given
    if isinstance(given, list | tuple) and all(isinstance(one, str) for one in given):
        return "\n".join(given)
    return None
