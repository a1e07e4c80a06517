"""The local identity provider against a verifier that knows nothing of it but its URLs."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from starlette.applications import Starlette

from infra.local.front_door import listening, serving
from infra.local.identity_provider import AUDIENCE, IdentityProvider, Issuer

BASE_URL = "http://127.0.0.1:8787"


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Issuer]:
    directory = tmp_path_factory.mktemp("issuers")
    return {tenant: Issuer.load(BASE_URL, tenant, directory) for tenant in ("one", "two")}


@pytest.fixture(scope="module")
def provider(issuers: dict[str, Issuer]) -> Iterator[httpx.Client]:
    app = Starlette(routes=IdentityProvider(issuers).routes())
    with (
        listening(0) as listener,
        serving(app, listener),
        httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client,
    ):
        yield client


def key_set(provider: httpx.Client, tenant: str) -> jwt.PyJWKSet:
    discovery = provider.get(f"/local/idp/{tenant}/.well-known/openid-configuration").json()
    assert discovery["issuer"] == f"{BASE_URL}/local/idp/{tenant}"
    return jwt.PyJWKSet.from_dict(provider.get(discovery["jwks_uri"].removeprefix(BASE_URL)).json())


def verified(provider: httpx.Client, tenant: str, token: str) -> dict[str, Any]:
    key = key_set(provider, tenant)[jwt.get_unverified_header(token)["kid"]]
    issuer = f"{BASE_URL}/local/idp/{tenant}"
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=issuer)
    return claims


def test_a_token_says_what_was_asked_and_is_valid_for_an_hour(provider: httpx.Client) -> None:
    body = {
        "tenantId": "one",
        "sub": "user-1",
        "email": "ann@example.com",
        "emailVerified": True,
        "phone": "+15551234567",
        "phoneVerified": False,
        "role": "VIEWER",
    }
    claims = verified(provider, "one", provider.post("/local/token", json=body).json()["token"])

    assert claims.pop("exp") - claims.pop("iat") == 3600
    assert claims == {
        "iss": f"{BASE_URL}/local/idp/one",
        "aud": AUDIENCE,
        "sub": "user-1",
        "email": "ann@example.com",
        "email_verified": True,
        "phone_number": "+15551234567",
        "phone_number_verified": False,
        "role": "VIEWER",
    }


def test_what_was_not_asked_is_no_claim(provider: httpx.Client) -> None:
    token = provider.post("/local/token", json={"tenantId": "one", "sub": "user-1"}).json()["token"]

    claims = verified(provider, "one", token)

    assert claims.keys() == {"iss", "aud", "sub", "iat", "exp"}
    assert abs(claims["iat"] - time.time()) < 60


def test_tenants_have_keys_of_their_own(provider: httpx.Client) -> None:
    token = provider.post("/local/token", json={"tenantId": "one", "sub": "user-1"}).json()["token"]

    with pytest.raises(KeyError):
        verified(provider, "two", token)


def test_an_issuer_keeps_its_key(issuers: dict[str, Issuer], tmp_path: Path) -> None:
    first = Issuer.load(BASE_URL, "one", tmp_path)

    assert Issuer.load(BASE_URL, "one", tmp_path).key_set() == first.key_set()
    assert issuers["one"].key_set() != first.key_set()
    assert first.key.key_size == 2048


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"sub": "u"}', ["tenantId"]),
        ('{"tenantId": "one"}', ["sub"]),
        ('{"tenantId": "one", "sub": ""}', ["sub"]),
        ('{"tenantId": "three", "sub": "u"}', ["tenantId"]),
        ('{"tenantId": "one", "sub": "u", "emailVerified": "yes"}', ["emailVerified"]),
        ('{"tenantId": "one", "sub": 7, "mail": "a@b.c"}', ["sub", "mail"]),
        ("[]", []),
        ("no JSON", []),
        ("", []),
        ('{"tenantId": "one", "sub": "\\ud800"}', []),
    ],
)
def test_a_bad_body_is_refused_by_the_names_of_its_fields(provider: httpx.Client, body: str, fields: list[str]) -> None:
    response = provider.post("/local/token", content=body)

    assert response.status_code == 422
    assert response.json()["fields"] == fields
    assert all(name in response.json()["message"] for name in fields)


def test_there_is_no_issuer_of_an_unknown_tenant(provider: httpx.Client) -> None:
    for path in ("openid-configuration", "jwks.json"):
        assert provider.get(f"/local/idp/three/.well-known/{path}").status_code == 404
