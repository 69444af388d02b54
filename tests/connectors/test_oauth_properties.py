"""The OAuth properties of HTTP API profiles: what there is, in which order, and what is refused beside its field."""

from typing import Any

import pytest

from tessera.connectors import AddressPolicy
from tessera.connectors.contract.registry import get_connector
from tessera.connectors.errors import UrlNotAllowedError
from tessera.connectors.profile_checks import check_input
from tessera.platform.assets.errors import SettingsInvalidError


@pytest.mark.parametrize(
    ("given", "property_"),
    [
        ({"access_token_url": "http://10.0.0.1/token"}, "access_token_url"),
        ({"access_token_url": "https://user:pw@example.com/"}, "access_token_url"),
        ({"grant_type": "password"}, "grant_type"),
        ({"client_authentication": "url"}, "client_authentication"),
        ({"client_id": "a\x00"}, "client_id"),
        ({"client_id": "ü"}, "client_id"),
        ({"client_secret": "a\r\nb"}, "client_secret"),
        ({"scope": 'a"b'}, "scope"),
        ({"token_expiration_seconds": 0}, "token_expiration_seconds"),
        ({"extra_token_parameters": "{"}, "extra_token_parameters"),
        ({"extra_token_parameters": "[" * 9_000}, "extra_token_parameters"),
        ({"extra_token_parameters": "[1]"}, "extra_token_parameters"),
        ({"extra_token_parameters": {"a": 1}}, "extra_token_parameters"),
        ({"extra_token_parameters": {"": "x"}}, "extra_token_parameters"),
        ({"extra_token_parameters": {"a": "\x00"}}, "extra_token_parameters"),
        ({"extra_token_parameters": {"a": "\ud800"}}, "extra_token_parameters"),
        ({"extra_token_parameters": {str(n): "x" for n in range(60)}}, "extra_token_parameters"),
        *(({"extra_token_parameters": {name: "x"}}, "extra_token_parameters") for name in ("scope", "client_id")),
    ],
)
def test_bad_property_is_told_beside_its_field(given: dict[str, Any], property_: str) -> None:
    plain = {"base_url": "https://a.example", "access_token_url": "https://b.example/t", "client_id": "c"}
    with pytest.raises((SettingsInvalidError, UrlNotAllowedError)) as raised:
        check_input(
            get_connector("http_api"),
            "oauth2",
            {**plain, "client_secret": "s", **given},
            stored={},
            sealed={},
            policy=AddressPolicy(),
        )
    assert property_ in raised.value.details["faults"]  # type: ignore[operator]


def test_variants_have_their_labels_and_order() -> None:
    connector = get_connector("http_api")
    assert [variant.label for variant in connector.variants] == [
        "No Auth",
        "Basic Authentication",
        "Bearer Token",
        "OAuth 2.0",
    ]
    shown = [each.label for each in connector.shown_properties("oauth2", {})]
    assert shown == [
        "Base URL",
        "Access Token URL",
        "Grant Type",
        "Client ID",
        "Client Secret",
        "Scope",
        "Audience",
        "Client Authentication",
        "Token Expiration",
        "Extra token parameters",
        "Connect timeout",
        "Read timeout",
        "Max requests per second",
        "Max requests per minute",
        "Max concurrent requests",
        "Static headers",
        "CA certificate",
    ]
