"""Invariant 7: forged, stolen and twisted credentials. None opens an account; the check is the real authorizer's."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from customerhub.domain.caller import Role, Scope
from infra.local.identity_provider import AUDIENCE
from infra.local.tables import DynamoDBTables
from tests.support.door import Door, KeySets, open_door, serving_key_sets

EMAIL = "victim@example.com"
SECRET = "Xanthippe"
FORGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def key_sets() -> Iterator[KeySets]:
    """Where issuers, and the forger, publish keys."""
    with serving_key_sets() as sets:
        sets.documents["/forger.json"] = {"keys": [_jwk(FORGER) | {"kid": "forger", "use": "sig"}]}
        yield sets


@dataclass(frozen=True)
class Scene:
    """Two tenants, and the victim's account with the first one."""

    door: Door
    other: Door
    victim: str

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good token of the victim's would say."""
        now = int(time.time())
        claims = {"iss": self.door.issuer.url, "aud": AUDIENCE, "sub": "victim", "iat": now, "exp": now + 3600}
        return claims | {"email": EMAIL, "email_verified": True} | changes


@pytest.fixture(scope="module")
def scene(
    ministack: Any, dynamodb_tables: DynamoDBTables, key_sets: KeySets, tmp_path_factory: pytest.TempPathFactory
) -> Scene:
    directory: Path = tmp_path_factory.mktemp("issuers")
    door, other = (open_door(dynamodb_tables, key_sets, directory) for _ in range(2))
    token = door.issuer.sign({"sub": "victim", "email": EMAIL, "email_verified": True})
    return Scene(door, other, door.manage(token, firstName=SECRET, lastName="Lee").id)


def _jwk(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return dict(RSAAlgorithm.to_jwk(key.public_key(), as_dict=True))


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _der(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _hs256(scene: Scene, secret: bytes, **header: Any) -> str:
    """By hand: PyJWT refuses to sign so."""
    signed = (
        f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': scene.door.issuer.key_id, **header})}.{_part(scene.claims())}"
    )
    signature = hmac.digest(secret, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _forged(scene: Scene, **header: Any) -> str:
    return jwt.encode(scene.claims(), FORGER, "RS256", headers={"kid": scene.door.issuer.key_id} | header)


def _signed(scene: Scene, **changes: Any) -> str:
    """By the tenant's own issuer."""
    claims = {name: value for name, value in scene.claims(**changes).items() if value is not None}
    headers = {"kid": scene.door.issuer.key_id}
    return jwt.PyJWS().encode(json.dumps(claims).encode(), scene.door.issuer.key, "RS256", headers=headers)


def _altered(scene: Scene) -> str:
    """A token of the attacker's own, with the victim's name written in afterwards."""
    header, _, signature = _signed(scene, sub="attacker").split(".")
    return f"{header}.{_part(scene.claims())}.{signature}"


FORGERIES: dict[str, Callable[[Scene, KeySets], str]] = {
    "HS256 with the public key (PEM) as secret": lambda scene, _: _hs256(scene, _pem(scene.door.issuer.key)),
    "HS256 with the public key (PEM, no line end) as secret": lambda scene, _: _hs256(
        scene, _pem(scene.door.issuer.key).strip()
    ),
    "HS256 with the public key (DER) as secret": lambda scene, _: _hs256(scene, _der(scene.door.issuer.key)),
    "HS256 with the public modulus as secret": lambda scene, _: _hs256(
        scene, _jwk(scene.door.issuer.key)["n"].encode()
    ),
    "HS256 with the empty secret": lambda scene, _: _hs256(scene, b""),
    "HS256 that calls itself RS256": lambda scene, _: _hs256(scene, _pem(scene.door.issuer.key), alg="RS256"),
    "alg none": lambda scene, _: f"{_part({'alg': 'none', 'kid': scene.door.issuer.key_id})}.{_part(scene.claims())}.",
    "alg nOnE": lambda scene, _: f"{_part({'alg': 'nOnE', 'kid': scene.door.issuer.key_id})}.{_part(scene.claims())}.",
    "no alg": lambda scene, _: f"{_part({'kid': scene.door.issuer.key_id})}.{_part(scene.claims())}.",
    "none with a signature": lambda scene, _: f"{_part({'alg': 'none'})}.{_part(scene.claims())}.c2ln",
    "another key under the known kid": lambda scene, _: _forged(scene),
    "another key under an unknown kid": lambda scene, _: _forged(scene, kid="unknown"),
    "no kid": lambda scene, _: jwt.encode(scene.claims(), FORGER, "RS256"),
    "a kid that is a path": lambda scene, _: _forged(scene, kid="../../../../dev/null"),
    "a kid that is a URL": lambda scene, sets: _forged(scene, kid=f"{sets.url}/forger.json"),
    "the key of another tenant's issuer": lambda scene, _: jwt.encode(
        scene.claims(), scene.other.issuer.key, "RS256", headers={"kid": scene.other.issuer.key_id}
    ),
    "jku": lambda scene, sets: _forged(scene, kid="forger", jku=f"{sets.url}/forger.json"),
    "x5u": lambda scene, sets: _forged(scene, kid="forger", x5u=f"{sets.url}/forger.json"),
    "embedded jwk": lambda scene, _: _forged(scene, jwk=_jwk(FORGER)),
    "embedded x5c": lambda scene, _: _forged(scene, x5c=[base64.b64encode(_der(FORGER)).decode()]),
    "an issuer of the forger's": lambda scene, sets: jwt.encode(
        scene.claims(iss=f"{sets.url}/forger.json"), FORGER, "RS256", headers={"kid": "forger"}
    ),
    "altered after it was signed": lambda scene, _: _altered(scene),
    "without its signature": lambda scene, _: _signed(scene).rpartition(".")[0] + ".",
    "without the last part": lambda scene, _: _signed(scene).rpartition(".")[0],
    "twice": lambda scene, _: f"{_signed(scene)}.{_signed(scene)}",
    "expired": lambda scene, _: _signed(scene, iat=1, exp=2),
    "expired a minute ago": lambda scene, _: _signed(scene, exp=int(time.time()) - 60),
    "without expiry": lambda scene, _: _signed(scene, exp=None),
    "not valid yet": lambda scene, _: _signed(scene, nbf=int(time.time()) + 3600),
    "issued in the future": lambda scene, _: _signed(scene, iat=int(time.time()) + 3600),
    "for another app": lambda scene, _: _signed(scene, aud="another-app"),
    "for an app of a similar name": lambda scene, _: _signed(scene, aud=f"{AUDIENCE}-admin"),
    "for other apps": lambda scene, _: _signed(scene, aud=["another-app", "one-more"]),
    "for nobody": lambda scene, _: _signed(scene, aud=None),
    "issuer with a trailing slash": lambda scene, _: _signed(scene, iss=f"{scene.door.issuer.url}/"),
    "issuer in capitals": lambda scene, _: _signed(scene, iss=scene.door.issuer.url.upper()),
    "issuer with a query": lambda scene, _: _signed(scene, iss=f"{scene.door.issuer.url}?"),
    "issuer with a blank": lambda scene, _: _signed(scene, iss=f"{scene.door.issuer.url} "),
    "a list of issuers": lambda scene, _: _signed(scene, iss=[scene.door.issuer.url]),
    "no issuer": lambda scene, _: _signed(scene, iss=None),
    "no subject": lambda scene, _: _signed(scene, sub=None),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_is_nobodys(scene: Scene, key_sets: KeySets, forge: Callable[[Scene, KeySets], str]) -> None:
    token = forge(scene, key_sets)
    replies = [scene.door.get(token, scene.victim), scene.door.manage(token, lastName="Mallory")]
    assert [reply.status for reply in replies] == [401, 401]
    assert SECRET not in str(replies)
    assert "/forger.json" not in key_sets.asked, "no key is fetched from where a token says"
    assert scene.door.till.get(scene.victim).customer["lastName"] == "Lee"


def test_what_is_not_forged_opens_the_own_account(scene: Scene) -> None:
    """Or else the tests above would prove nothing."""
    assert scene.door.get(_signed(scene), scene.victim).id == scene.victim


def test_a_token_of_another_tenant_finds_its_own_tenant_only(scene: Scene) -> None:
    theirs = scene.other.issuer.sign({"sub": "victim", "email": EMAIL, "email_verified": True, "tenant": "x"})
    assert scene.door.get(theirs, scene.victim).status == 404
    assert scene.door.manage(theirs).id != scene.victim


@pytest.mark.parametrize(
    "claims",
    [
        {"roles": ["SUPER_ADMIN"]},
        {"role": "super_admin"},
        {"role": "SUPER_ADMIN "},
        {"role": {"name": "SUPER_ADMIN"}},
        {"role": "authenticated", "app_metadata": {"role": "SUPER_ADMIN"}, "user_metadata": {"role": "SUPER_ADMIN"}},
        {"custom:role": "SUPER_ADMIN", "cognito:groups": ["SUPER_ADMIN"], "scope": "customers:read customers:erase"},
        {"scopes": list(Scope), "kind": "trusted"},
    ],
    ids=json.dumps,
)
def test_a_user_who_calls_oneself_staff_is_a_user(scene: Scene, claims: dict[str, Any]) -> None:
    token = scene.door.issuer.sign({"sub": "attacker", **claims})
    assert scene.door.get(token, scene.victim).status == 404


@pytest.mark.parametrize(
    "claims",
    [
        {"email": EMAIL},
        {"email": EMAIL, "email_verified": False},
        {"email": EMAIL, "email_verified": "false"},
        {"email": EMAIL, "email_verified": "yes"},
        {"email": EMAIL, "email_verified": [True]},
        {"email": EMAIL, "phone_number_verified": True},
        {"email": [EMAIL], "email_verified": True},
        {"email": "attacker@example.com", "email_verified": True, "emails": [EMAIL], "upn": EMAIL},
    ],
    ids=json.dumps,
)
def test_what_the_issuer_does_not_vouch_for_leads_nowhere(scene: Scene, claims: dict[str, Any]) -> None:
    token = scene.door.issuer.sign({"sub": f"attacker-{json.dumps(claims)}", **claims})
    entered = scene.door.manage(token, email=EMAIL, mergeIfFound=True)
    assert entered.status == 409
    assert SECRET not in str(entered.body)
    assert scene.door.get(token, scene.victim).status == 404


def _other_secret(text: str) -> str:
    return text[:-1] + ("A" if text[-1] != "A" else "B")


TWISTS: dict[str, Callable[[Scene, str], str]] = {
    "another secret": lambda _, key: _other_secret(key),
    "no secret": lambda _, key: key.rpartition("_")[0] + "_",
    "the tenant's name changed": lambda scene, key: key.replace(scene.other.till.tenant.id, scene.door.till.tenant.id),
    "in capitals": lambda _, key: key.upper(),
    "with a second line": lambda _, key: f"{key}\nhub",
    "the stored hash as secret": lambda _, key: (
        f"{key.rpartition('_')[0]}_{hashlib.sha256(key.encode()).hexdigest()[:43]}"
    ),
}


@pytest.mark.parametrize("twist", TWISTS.values(), ids=TWISTS)
def test_a_twisted_service_key_is_nobodys(scene: Scene, twist: Callable[[Scene, str], str]) -> None:
    assert scene.door.get(twist(scene, scene.other.service_key(*Scope)), scene.victim).status == 401


def test_another_tenants_service_key_and_staff_find_nobody(scene: Scene) -> None:
    staff = scene.other.issuer.sign({"sub": "staff", "role": Role.SUPER_ADMIN})
    for credential in (scene.other.service_key(*Scope), staff):
        assert scene.door.get(credential, scene.victim).status == 404
        found = scene.door.call(credential, "GET /api/customers")
        assert SECRET not in str(found.body)
