"""What an operator states to connect a shop or CRM: refused with the field, never with a value."""

from typing import Any

import pytest

from customerhub.domain.connection import check_account, check_credentials, check_endpoint
from customerhub.domain.integration import Platform
from customerhub.errors import InvalidInput

SECRET = "shpss_do_not_show"


@pytest.mark.parametrize(
    ("platform", "text", "account"),
    [
        (Platform.SHOPIFY, " My-Shop.myshopify.com ", "my-shop.myshopify.com"),
        (Platform.COMMERCE7, "Winery-7", "winery-7"),
    ],
)
def test_accounts(platform: Platform, text: str, account: str) -> None:
    assert check_account(platform, text) == account


@pytest.mark.parametrize(
    ("platform", "text"),
    [
        (Platform.SHOPIFY, "shop.example.com"),
        (Platform.SHOPIFY, "https://my-shop.myshopify.com"),
        (Platform.SHOPIFY, "my-shop.myshopify.com/admin"),
        (Platform.SHOPIFY, "my-shop.myshopify.com.evil.example"),
        (Platform.SHOPIFY, ".myshopify.com"),
        (Platform.COMMERCE7, "winery.admin.platform.commerce7.com"),
        (Platform.COMMERCE7, "winery\r\nx"),
        (Platform.COMMERCE7, ""),
    ],
)
def test_what_is_no_account(platform: Platform, text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_account(platform, text)
    assert refusal.value.field == "account"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        (None, None),
        ("", None),
        ("https://proxy.example/shop/", "https://proxy.example/shop"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:1/x", "http://localhost:1/x"),
    ],
)
def test_endpoints(text: str | None, endpoint: str | None) -> None:
    assert check_endpoint(text) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "http://proxy.example",
        "ftp://127.0.0.1",
        "proxy.example",
        "https://",
        "https://user:pw@proxy.example",
        "https://proxy.example?x=1",
        "https://proxy.example#x",
        "https://proxy.example:99999",
        "https://[::1",
        "http://127.0.0.1.evil.example",
    ],
)
def test_what_is_no_endpoint(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_endpoint(text)
    assert refusal.value.field == "endpoint"


RENEWED = {
    "clientId": "id",
    "clientSecret": SECRET,
    "accessToken": "shpat",
    "refreshToken": "shprt",
    "expiresAt": "2026-11-25T14:00:00+00:00",
}


@pytest.mark.parametrize(
    ("platform", "stated", "stored"),
    [
        (
            Platform.SHOPIFY,
            {"accessToken": " shpat ", "webhookSecret": "w"},
            {"access_token": "shpat", "webhook_secret": "w"},
        ),
        (
            Platform.SHOPIFY,
            {"clientId": "id", "clientSecret": "s", "webhookSecret": None},
            {"client_id": "id", "client_secret": "s"},
        ),
        (Platform.COMMERCE7, {"appId": "a", "appSecret": "s"}, {"app_id": "a", "app_secret": "s"}),
        (
            Platform.COMMERCE7,
            {"appId": "a", "appSecret": "s", "webhookUser": "u", "webhookPassword": "p", "currency": "USD"},
            {"app_id": "a", "app_secret": "s", "webhook_user": "u", "webhook_password": "p", "currency": "USD"},
        ),
    ],
)
def test_credentials_are_stored_under_our_names(platform: Platform, stated: Any, stored: dict[str, str]) -> None:
    assert check_credentials(platform, stated) == stored


def test_a_token_that_rotates_is_taken_with_all_that_renews_it() -> None:
    assert len(check_credentials(Platform.SHOPIFY, RENEWED)) == len(RENEWED)


@pytest.mark.parametrize(
    ("platform", "stated", "field"),
    [
        (Platform.SHOPIFY, None, "credentials"),
        (Platform.SHOPIFY, [SECRET], "credentials"),
        (Platform.SHOPIFY, {}, "credentials"),
        (Platform.SHOPIFY, {"clientId": SECRET}, "credentials"),
        (Platform.SHOPIFY, {"accessToken": SECRET}, "webhookSecret"),
        (Platform.SHOPIFY, {"accessToken": SECRET, "clientId": "x"}, "clientSecret"),
        (Platform.SHOPIFY, {"accessToken": 5, "webhookSecret": "w"}, "accessToken"),
        (Platform.SHOPIFY, {"accessToken": "  ", "webhookSecret": "w"}, "accessToken"),
        (Platform.SHOPIFY, {"accessToken": f"{SECRET}\n{SECRET}", "webhookSecret": "w"}, "accessToken"),
        (Platform.SHOPIFY, {"accessToken": SECRET * 1000, "webhookSecret": "w"}, "accessToken"),
        (Platform.SHOPIFY, {"appId": SECRET}, "appId"),
        (Platform.SHOPIFY, {f"{SECRET}-{SECRET}": 1}, "credentials"),
        (Platform.SHOPIFY, {**RENEWED, "expiresAt": None}, "expiresAt"),
        (Platform.SHOPIFY, {**RENEWED, "accessToken": None}, "accessToken"),
        (Platform.SHOPIFY, {**RENEWED, "expiresAt": "tomorrow"}, "expiresAt"),
        (Platform.SHOPIFY, {**RENEWED, "expiresAt": "2026-11-25T14:00:00"}, "expiresAt"),
        (Platform.COMMERCE7, {"appId": "a"}, "credentials"),
        (Platform.COMMERCE7, {"appId": "a", "appSecret": SECRET, "webhookUser": "u"}, "webhookPassword"),
        (Platform.COMMERCE7, {"appId": "a", "appSecret": SECRET, "webhookPassword": "u"}, "webhookUser"),
    ],
)
def test_a_refusal_names_the_field_and_shows_no_secret(platform: Platform, stated: Any, field: str) -> None:
    """Invariant 8."""
    with pytest.raises(InvalidInput) as refusal:
        check_credentials(platform, stated)
    assert refusal.value.field == field
    assert SECRET not in str(refusal.value)
