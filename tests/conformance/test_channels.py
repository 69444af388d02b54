"""What every channel keeps: settings that a form can be made of, and no secret in the name of its receiver."""

from datetime import UTC, datetime

import pytest

from tessera.notifications import Signal, list_channels
from tessera.notifications.contract import Call, Channel, Mail, NoticeText
from tessera.platform.ids import new_id
from tessera.platform.kind_settings import SettingKind
from tessera.wiring import CHANNELS

URL = "https://hooks.example.com/a/very-secret-path"
VALUES = {"url": URL, "secret": "whsec_" + "A" * 43 + "=", "addresses": "ada@example.com\neve@example.com"}
TEXT = NoticeText(
    "run_failed",
    new_id(),
    "export_definition",
    new_id(),
    "Daily",
    '[Loyalty] Export "Daily" failed – Harbour',
    datetime(2031, 1, 1, tzinfo=UTC),
    facts=(("Rows", "12"),),
    reasons=(("No answer.", 3),),
    signal=Signal.FAILURE,
)


@pytest.fixture(params=list_channels(), ids=lambda channel: channel.key)
def channel(request: pytest.FixtureRequest) -> Channel:
    found = request.param
    assert isinstance(found, Channel)
    return found


def test_channel_is_known_by_its_key(channel: Channel) -> None:
    assert channel.key in CHANNELS
    assert channel.label
    assert channel.text.endswith(".")


def test_form_can_be_made_of_the_settings(channel: Channel) -> None:
    keys = [each.key for each in channel.settings]
    assert len(set(keys)) == len(keys)
    for each in channel.settings:
        assert each.label
        assert each.text.endswith(("https://….", "."))
        assert bool(each.choices) == (each.kind is SettingKind.CHOICE)
        assert not each.choices or each.default in each.choices
        assert each.shown_with is None or each.shown_with[0] in keys
    assert set(channel.drawn or {}) <= {each.key for each in channel.settings if each.secret}


def test_receiver_is_named_without_its_secrets(channel: Channel) -> None:
    if isinstance(channel.way, Mail):
        assert list(channel.way.addresses(VALUES)) == ["ada@example.com", "eve@example.com"]
        return
    assert channel.way.describe(VALUES) == "hooks.example.com"


def test_same_notice_is_rendered_alike(channel: Channel) -> None:
    if not isinstance(channel.way, Call):
        return
    delivery_id = new_id()
    first = channel.way.render(TEXT, VALUES, delivery_id)
    assert first is not None
    assert first == channel.way.render(TEXT, VALUES, delivery_id)
    assert (first.id, first.url.startswith(URL)) == (delivery_id, True)
    assert b"Daily" in first.body
    assert b"very-secret" not in first.body
    assert b"whsec_" not in first.body
