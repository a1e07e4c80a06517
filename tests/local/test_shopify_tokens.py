"""Tokens of the Shopify double: expiry, rotation, and a lost answer that can be asked for again."""

from typing import Any

import httpx
import pytest

from tests.support.shopify import TOKENS, ShopifyCaller


def grant(shopify: ShopifyCaller, **told: Any) -> httpx.Response:
    credentials = shopify.partner.credentials
    app = {"client_id": credentials["client_id"], "client_secret": credentials["client_secret"]}
    return shopify.http.post(TOKENS, json={**app, **told})


def refresh(shopify: ShopifyCaller, token: str) -> httpx.Response:
    return grant(shopify, grant_type="refresh_token", refresh_token=token)


def is_good(shopify: ShopifyCaller, token: str) -> bool:
    shopify.token = token
    return shopify.post("{ shop { id } }").status_code == 200


def test_an_expiring_token_expires(shopify: ShopifyCaller) -> None:
    issued = shopify.control("POST", "tokens", {"expiring": True})
    assert (issued["expires_in"], issued["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert is_good(shopify, issued["access_token"])
    shopify.advance(3601)
    assert not is_good(shopify, issued["access_token"])
    assert is_good(shopify, shopify.partner.credentials["access_token"])


def test_a_refresh_token_rotates_and_outlives_a_lost_answer(shopify: ShopifyCaller) -> None:
    first = shopify.control("POST", "tokens", {})["refresh_token"]
    lost = refresh(shopify, first).json()
    again = refresh(shopify, first).json()
    assert len({first, lost["refresh_token"], again["refresh_token"]}) == 3
    assert again["expires_in"] == 3600
    assert is_good(shopify, again["access_token"])

    refused = refresh(shopify, first)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert refresh(shopify, again["refresh_token"]).status_code == 200


def test_a_refresh_token_expires(shopify: ShopifyCaller) -> None:
    issued = shopify.control("POST", "tokens", {})
    shopify.advance(7_776_001)
    assert refresh(shopify, issued["refresh_token"]).status_code == 400


def test_an_app_of_the_same_organisation_asks_with_its_own_credentials(shopify: ShopifyCaller) -> None:
    credentials = shopify.partner.credentials
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials["client_id"],
        "client_secret": credentials["client_secret"],
    }
    for issued in (grant(shopify, grant_type="client_credentials").json(), shopify.http.post(TOKENS, data=form).json()):
        assert issued["expires_in"] == 86_399
        assert "refresh_token" not in issued
        assert "write_customers" in issued["scope"].split(",")
        assert is_good(shopify, issued["access_token"])


def test_a_permanent_token_is_exchanged_for_an_expiring_one(shopify: ShopifyCaller) -> None:
    issued = grant(
        shopify,
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token=shopify.partner.credentials["access_token"],
        subject_token_type="urn:shopify:params:oauth:token-type:offline-access-token",
        expiring="1",
    ).json()
    assert is_good(shopify, issued["access_token"])
    assert refresh(shopify, issued["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    ("told", "status", "error"),
    [
        ({"grant_type": "client_credentials", "client_secret": "wrong"}, 401, "application_cannot_be_found"),
        ({"grant_type": "client_credentials", "client_id": None}, 401, "application_cannot_be_found"),
        ({"grant_type": "refresh_token"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "shprt_x"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}, 400, "invalid_request"),
    ],
)
def test_no_token_for_whoever_asks_wrongly(
    shopify: ShopifyCaller, told: dict[str, Any], status: int, error: str
) -> None:
    response = grant(shopify, **told)
    assert (response.status_code, response.json()["error"]) == (status, error)


def test_no_token_for_a_body_that_is_none(shopify: ShopifyCaller) -> None:
    for content in ("", "[]", "no JSON"):
        assert shopify.http.post(TOKENS, content=content).status_code == 401
