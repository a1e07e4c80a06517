"""Tokens that expire: renewed early, once, and stored before they are used."""

import json
import threading
from datetime import timedelta
from typing import Any

import httpx
import pytest

from customerhub.domain.ids import ExternalId
from customerhub.errors import CredentialsRefused, PartnerUnavailable, ServiceUnavailable
from tests.support.partner_bench import MemorySecrets
from tests.support.shopify_fake import NOW, Shop, answered, customer

ANN = ExternalId("1")
REFUSED = httpx.Response(401, json={"errors": "[API] Invalid API key or access token"})


class Mint:
    """Shopify's side: which tokens are good. A refresh token is given up when the new access token is first used."""

    def __init__(self) -> None:
        self.good = {"access-0"}
        self.refresh = {"refresh-0"}
        self.given = 0
        self.used: list[str] = []
        self.lose_answers = 0
        self.kind = "refresh_token"
        self.lock = threading.Lock()

    def answer(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            if request.url.path == "/admin/oauth/access_token":
                return self._grant(json.loads(request.content))
            token = request.headers["x-shopify-access-token"]
            if token not in self.good:
                return REFUSED
            self.used.append(token)
            if self.kind == "refresh_token":
                self.refresh = {f"refresh-{token.rpartition('-')[2]}"}
            return answered({"customer": customer("1")})

    def _grant(self, told: dict[str, Any]) -> httpx.Response:
        assert (told["client_id"], told["client_secret"]) == ("id", "secret")
        assert told["grant_type"] == self.kind
        if self.kind == "refresh_token" and told["refresh_token"] not in self.refresh:
            return httpx.Response(400, json={"error": "invalid_grant"})
        self.given += 1
        self.good = {f"access-{self.given}"}
        self.refresh.add(f"refresh-{self.given}")
        if self.lose_answers:
            self.lose_answers -= 1
            raise httpx.ReadTimeout("…")
        pair = {"refresh_token": f"refresh-{self.given}", "refresh_token_expires_in": 7776000}
        return httpx.Response(
            200,
            json={
                "access_token": f"access-{self.given}",
                "scope": "read_customers",
                "expires_in": 3600,
                **(pair if self.kind == "refresh_token" else {}),
            },
        )


def rotating(mint: Mint, expires_in: timedelta = timedelta(hours=1)) -> Shop:
    credentials = {
        "client_id": "id",
        "client_secret": "secret",
        "access_token": "access-0",
        "refresh_token": "refresh-0",
        "expires_at": (NOW + expires_in).isoformat(),
        "webhook_secret": "secret",
    }
    return Shop([mint.answer], credentials, MemorySecrets(credentials))


def secrets_of(shop: Shop) -> MemorySecrets:
    assert isinstance(shop.secrets, MemorySecrets)
    return shop.secrets


def test_a_token_that_lasts_is_used() -> None:
    mint = Mint()
    rotating(mint).connector.get_customer(ANN)
    assert (mint.used, mint.given) == (["access-0"], 0)


def test_a_token_is_renewed_before_it_expires_and_both_are_stored() -> None:
    mint = Mint()
    shop = rotating(mint, timedelta(minutes=4))
    connector = shop.connector
    connector.get_customer(ANN)
    connector.get_customer(ANN)
    assert (mint.used, mint.given) == (["access-1", "access-1"], 1)
    (stored,) = secrets_of(shop).puts
    assert (stored["access_token"], stored["refresh_token"]) == ("access-1", "refresh-1")
    assert stored["expires_at"] == (NOW + timedelta(hours=1)).isoformat()
    assert stored["webhook_secret"] == "secret", "what else there is stays"


def test_a_token_that_is_refused_is_renewed_once() -> None:
    mint = Mint()
    mint.good = set()
    shop = rotating(mint)
    assert shop.connector.get_customer(ANN) is not None
    assert mint.used == ["access-1"]


def test_a_token_that_is_refused_again_is_the_end() -> None:
    credentials = {"client_id": "id", "client_secret": "secret"}
    granted = httpx.Response(200, json={"access_token": "new", "expires_in": 86399})

    def answer(request: httpx.Request) -> httpx.Response:
        return granted if request.url.path.endswith("access_token") else REFUSED

    shop = Shop([answer], credentials, MemorySecrets(credentials))
    with pytest.raises(CredentialsRefused):
        shop.connector.get_customer(ANN)
    assert len(shop.asked) == 4, "a token, a refusal, another token, a refusal"


def test_a_fixed_token_that_is_refused_is_the_end() -> None:
    shop = Shop([REFUSED])
    with pytest.raises(CredentialsRefused, match="connect the shop anew"):
        shop.connector.get_customer(ANN)
    assert len(shop.asked) == 1


def test_the_pair_is_stored_before_it_is_used() -> None:
    mint = Mint()
    shop = rotating(mint, timedelta(seconds=-1))

    def unavailable() -> None:
        assert not mint.used
        raise ServiceUnavailable("Secrets Manager is away")

    secrets_of(shop).before_put = unavailable
    with pytest.raises(ServiceUnavailable):
        shop.connector.get_customer(ANN)
    assert not mint.used
    secrets_of(shop).before_put = lambda: None
    assert shop.connector.get_customer(ANN) is not None, "the former refresh token still works"
    assert mint.used == ["access-2"]


def test_a_renewal_whose_answer_was_lost_is_repeated() -> None:
    mint = Mint()
    mint.lose_answers = 1
    shop = rotating(mint, timedelta(seconds=-1))
    with pytest.raises(PartnerUnavailable):
        shop.connector.get_customer(ANN)
    assert shop.connector.get_customer(ANN) is not None
    assert secrets_of(shop).credentials["refresh_token"] == "refresh-2"


def test_a_renewal_that_fails_is_left_for_later_while_the_token_works() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(503)
        return answered({"customer": customer("1")})

    shop = rotating(Mint(), timedelta(minutes=4))
    shop.answers = [answer]
    assert shop.connector.get_customer(ANN) is not None
    assert shop.asked[-1].headers["x-shopify-access-token"] == "access-0"


def test_a_refresh_token_that_is_dead_parks_the_work() -> None:
    mint = Mint()
    mint.refresh = {"another"}
    with pytest.raises(CredentialsRefused, match="connect the shop anew") as caught:
        rotating(mint, timedelta(seconds=-1)).connector.get_customer(ANN)
    assert "refresh-0" not in str(caught.value)


def test_many_at_once_renew_once() -> None:
    """Two processes have two connectors and one secret: a refresh token is never used by both."""
    mint = Mint()
    shop = rotating(mint, timedelta(seconds=-1))
    connectors = [shop.connector for _ in range(4)]
    problems: list[Exception] = []

    def work(number: int) -> None:
        try:
            connectors[number % 4].get_customer(ANN)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert mint.given == 1
    assert set(mint.used) == {"access-1"}


def test_an_app_of_the_same_organisation_asks_for_its_token() -> None:
    mint = Mint()
    mint.kind = "client_credentials"
    credentials = {"client_id": "id", "client_secret": "secret"}
    shop = Shop([mint.answer], credentials, MemorySecrets(credentials))
    connector = shop.connector
    connector.get_customer(ANN)
    connector.get_customer(ANN)
    assert (mint.used, mint.given) == (["access-1", "access-1"], 1)
    assert "refresh_token" not in secrets_of(shop).credentials
    shop.clock.at += timedelta(minutes=56)
    connector.get_customer(ANN)
    assert mint.used[-1] == "access-2"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<html>"),
        httpx.Response(200, json={"access_token": ""}),
        httpx.Response(200, json={"expires_in": 3600}),
        httpx.Response(200, json=[]),
        httpx.Response(500),
    ],
)
def test_a_token_that_cannot_be_read_is_asked_for_later(answer: httpx.Response) -> None:
    credentials = {"client_id": "id", "client_secret": "secret"}
    with pytest.raises(PartnerUnavailable):
        Shop([answer], credentials, MemorySecrets(credentials)).connector.get_customer(ANN)


@pytest.mark.parametrize(
    "credentials", [{}, {"client_id": "id"}, {"access_token": 5}, {"access_token": "a", "expires_at": "tomorrow"}]
)
def test_credentials_that_open_nothing_are_refused(credentials: dict[str, Any]) -> None:
    with pytest.raises(CredentialsRefused):
        _ = Shop([REFUSED], credentials).connector
