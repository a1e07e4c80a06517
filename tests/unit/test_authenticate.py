"""Invariant 7 begins here: a credential proves one caller of one tenant, and a forged one proves nobody."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from customerhub.domain.caller import Caller, Scope, TrustedCaller, UserCaller
from customerhub.domain.credentials import Issuer, ServiceKey, new_service_key
from customerhub.domain.ids import TenantId
from customerhub.domain.tenant import Tenant
from customerhub.errors import KeySetUnavailable, Unauthenticated
from customerhub.oidc.verifier import KeySetTokenVerifier
from customerhub.services.authenticate import authenticate
from tests.support.people import NOW, TENANT

ISSUER_URL, AUDIENCE = "https://idp.example.com/winery", "customer-hub"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
FOREIGN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class FixedClock:
    """Stands still."""

    def now(self) -> datetime:
        return NOW

    def sleep(self, duration_s: float) -> None:
        raise AssertionError(duration_s)


class FewCredentials:
    """A credential store of one tenant, one key and one issuer."""

    def __init__(self, key: ServiceKey | None = None, issuer: Issuer | None = None) -> None:
        self._key = key
        self._issuer = issuer

    def get_service_key(self, tenant: TenantId, key_id: str) -> tuple[Tenant, ServiceKey] | None:
        found = self._key and (self._key.tenant, self._key.id) == (tenant, key_id)
        return (TENANT, self._key) if found and self._key else None

    def get_issuer(self, url: str) -> tuple[Tenant, Issuer] | None:
        return (TENANT, self._issuer) if self._issuer and self._issuer.url == url else None

    def get_tenant(self, tenant: TenantId) -> Tenant | None:
        return TENANT if tenant == TENANT.id else None

    def get_registration(self, tenant: TenantId) -> tuple[Tenant, Issuer | None] | None:
        raise AssertionError(tenant)

    def put_registration(self, tenant: Tenant, issuer: Issuer | None, replaced: Issuer | None) -> None:
        raise AssertionError(tenant, issuer, replaced)

    def put_service_key(self, key: ServiceKey) -> None:
        raise AssertionError(key)


@pytest.fixture(scope="module")
def key_set_url() -> Iterator[str]:
    """A real key set over HTTP."""
    keys = [
        json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key())) | {"kid": "rsa", "use": "sig"},
        json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key())) | {"kid": "ec", "use": "sig"},
    ]

    class KeySet(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": keys}).encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), KeySet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    server.shutdown()
    thread.join()
    server.server_close()


def _claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    claims = {"iss": ISSUER_URL, "aud": AUDIENCE, "sub": "u", "iat": now, "exp": now + timedelta(hours=1)} | changes
    return {name: value for name, value in claims.items() if value is not None}


def _token(key: Any = RSA_KEY, algorithm: str = "RS256", kid: str = "rsa", **changes: Any) -> str:
    return jwt.encode(_claims(**changes), key, algorithm=algorithm, headers={"kid": kid})


def _authenticate(authorization: str, store: FewCredentials) -> Caller:
    return authenticate(authorization, store=store, verifier=KeySetTokenVerifier(), clock=FixedClock())


def _by_token(token: str, key_set_url: str, **issuer: Any) -> Caller:
    return _authenticate(
        f"Bearer {token}", FewCredentials(issuer=Issuer(TENANT.id, ISSUER_URL, key_set_url, AUDIENCE, **issuer))
    )


class TestServiceKey:
    """Backends."""

    key, text = new_service_key(TENANT.id, "chatbot", frozenset({Scope.CUSTOMERS_READ}), NOW)

    def test_a_good_key_is_its_tenants_trusted_caller(self) -> None:
        caller = _authenticate(f"bearer {self.text}", FewCredentials(self.key))
        assert isinstance(caller, TrustedCaller)
        assert (caller.tenant, caller.credential, caller.scopes) == (TENANT, f"key:{self.key.id}", self.key.scopes)

    def test_the_secret_is_not_kept(self) -> None:
        assert self.text.rsplit("_", 1)[-1] not in repr(self.key)

    @pytest.mark.parametrize(
        "forge",
        [
            lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
            lambda text: text.replace("hub_winery_", "hub_other_"),
            lambda text: text + "x",
            lambda text: text.upper(),
            lambda _: "hub_",
        ],
        ids=["another secret", "another tenant", "longer", "other case", "nothing"],
    )
    def test_anything_else_is_refused_in_the_same_words(self, forge: Any) -> None:
        with pytest.raises(Unauthenticated) as refusal:
            _authenticate(f"Bearer {forge(self.text)}", FewCredentials(self.key))
        assert refusal.value.code in ("invalid_service_key", "unknown_credential")
        assert self.text not in str(refusal.value)

    def test_an_expired_key_is_refused(self) -> None:
        key, text = new_service_key(TENANT.id, "old", frozenset(Scope), NOW, expires_at=NOW)
        with pytest.raises(Unauthenticated):
            _authenticate(f"Bearer {text}", FewCredentials(key))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer not.a.token", "Bearer " + "x" * 9000])
def test_no_usable_credential_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        _authenticate(header, FewCredentials())


class TestToken:
    """Users and staff."""

    def test_a_users_token_brings_only_what_the_issuer_vouches_for(self, key_set_url: str) -> None:
        token = _token(
            email="a@example.com", email_verified=True, phone_number="+17075550123", phone_number_verified=False
        )
        caller = _by_token(token, key_set_url)
        assert isinstance(caller, UserCaller)
        assert (caller.subject, caller.verified_email, caller.verified_phone) == ("u", "a@example.com", None)

    @pytest.mark.parametrize(
        ("mark", "vouched"), [("true", True), ("false", False), (1, True), ("yes", False), (None, False)]
    )
    def test_only_a_true_mark_vouches(self, key_set_url: str, mark: Any, vouched: bool) -> None:
        caller = _by_token(_token(email="a@example.com", email_verified=mark), key_set_url)
        assert isinstance(caller, UserCaller)
        assert bool(caller.verified_email) is vouched

    def test_an_issuer_may_be_known_to_verify_first(self, key_set_url: str) -> None:
        caller = _by_token(_token(email="a@example.com"), key_set_url, assumes_verified=frozenset({"email"}))
        assert isinstance(caller, UserCaller)
        assert caller.verified_email == "a@example.com"

    def test_supabase_names_the_phone_phone(self, key_set_url: str) -> None:
        caller = _by_token(_token(phone="17075550123"), key_set_url, assumes_verified=frozenset({"phone"}))
        assert isinstance(caller, UserCaller)
        assert caller.verified_phone == "+17075550123"

    def test_a_role_makes_staff(self, key_set_url: str) -> None:
        caller = _by_token(_token(role="VIEWER"), key_set_url)
        assert isinstance(caller, TrustedCaller)
        assert caller.scopes == {Scope.CUSTOMERS_READ, Scope.CLUB_READ, Scope.SYNC_READ}

    @pytest.mark.parametrize(
        ("claim", "scopes"),
        [
            (["guests", "VIEWER"], {Scope.CUSTOMERS_READ, Scope.CLUB_READ, Scope.SYNC_READ}),
            (["VIEWER", "SUPER_ADMIN"], set(Scope)),
            (["guests", {"a": 1}], None),
            ({"role": "SUPER_ADMIN"}, None),
        ],
    )
    def test_of_a_list_the_highest_role_counts(self, key_set_url: str, claim: Any, scopes: set[Scope] | None) -> None:
        caller = _by_token(_token(groups=claim), key_set_url, role_claim="groups")
        assert (caller.scopes if isinstance(caller, TrustedCaller) else None) == scopes

    def test_an_expiry_may_have_a_fraction(self, key_set_url: str) -> None:
        caller = _by_token(_token(exp=4102444800.5), key_set_url)
        assert isinstance(caller, UserCaller)
        assert caller.expires_at.microsecond == 500_000

    def test_an_unknown_role_is_a_user(self, key_set_url: str) -> None:
        assert isinstance(_by_token(_token(role="authenticated"), key_set_url), UserCaller)

    def test_es256_is_accepted(self, key_set_url: str) -> None:
        assert isinstance(_by_token(_token(EC_KEY, "ES256", "ec"), key_set_url), UserCaller)

    @pytest.mark.parametrize(
        "changes",
        [
            {"exp": datetime(2020, 1, 1, tzinfo=UTC)},
            {"exp": None},
            {"exp": 10**30},
            {"sub": None},
            {"sub": ""},
            {"sub": "x" * 256},
            {"sub": "\ud800"},
            {"iss": "\ud800"},
            {"aud": "another-app"},
            {"aud": None},
            {"nbf": datetime(2100, 1, 1, tzinfo=UTC)},
            {"iss": "https://idp.example.com/other"},
            {"key": FOREIGN_KEY},
            {"kid": "unknown"},
            {"key": EC_KEY, "algorithm": "ES256", "kid": "rsa"},
        ],
    )
    def test_a_token_that_is_not_right_in_every_point_is_refused(
        self, key_set_url: str, changes: dict[str, Any]
    ) -> None:
        with pytest.raises(Unauthenticated):
            _by_token(_token(**changes), key_set_url)

    def test_the_public_key_as_a_shared_secret_forges_nothing(self, key_set_url: str) -> None:
        """Algorithm confusion: HS256 keyed with what everybody can read."""
        public = RSA_KEY.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header, payload = (_part({"alg": "HS256", "kid": "rsa"}), _part(_claims(iat=1, exp=4102444800)))
        signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            f"{header}.{payload}".encode(), public
        )
        with pytest.raises(Unauthenticated):
            _by_token(f"{header}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}", key_set_url)

    def test_an_unsigned_token_forges_nothing(self, key_set_url: str) -> None:
        for algorithm in ("none", "None"):
            token = f"{_part({'alg': algorithm, 'kid': 'rsa'})}.{_part(_claims(iat=1, exp=4102444800))}."
            with pytest.raises(Unauthenticated):
                _by_token(token, key_set_url)

    def test_an_unreachable_key_set_is_a_fault_and_no_refusal(self) -> None:
        with pytest.raises(KeySetUnavailable):
            _by_token(_token(), "http://127.0.0.1:9/jwks.json")


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
