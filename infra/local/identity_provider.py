"""A stand-in for Cognito, Supabase Auth or Auth0: per tenant one OIDC issuer that signs with a real RS256 key.

It signs whatever it is asked to, for anybody who can reach this machine's loopback: the hub trusts its issuers because
the demo tenants are registered with them, and by nothing else.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

AUDIENCE = "customer-hub"
TOKEN_LIFETIME_S = 3600
DISCOVERY_PATH = "/.well-known/openid-configuration"
JWKS_PATH = "/.well-known/jwks.json"


@dataclass(frozen=True)
class Issuer:
    """The issuer of one tenant: its URL and the key that it signs with."""

    url: str
    key: rsa.RSAPrivateKey

    @classmethod
    def load(cls, base_url: str, tenant_id: str, directory: Path) -> Self:
        """Take the tenant's key from `directory`, or make one and keep it there."""
        return cls(f"{base_url}/local/idp/{tenant_id}", _load_key(directory / f"{tenant_id}.pem"))

    @property
    def jwks_url(self) -> str:
        """Where verifiers fetch the key set."""
        return self.url + JWKS_PATH

    @property
    def key_id(self) -> str:
        """The same for the same key, so that it survives a restart."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hashlib.sha256(public).hexdigest()[:16]

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT with `claims`, valid for an hour from now."""
        now = int(time.time())
        payload = {"iss": self.url, "aud": AUDIENCE, "iat": now, "exp": now + TOKEN_LIFETIME_S, **claims}
        return jwt.encode(payload, self.key, algorithm="RS256", headers={"kid": self.key_id})

    def discovery(self) -> dict[str, Any]:
        """The OpenID Connect discovery document, as far as a verifier of tokens reads it."""
        return {
            "issuer": self.url,
            "jwks_uri": self.jwks_url,
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
        }

    def key_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        public = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        key = {name: public[name] for name in ("kty", "n", "e")}
        return {"keys": [{**key, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}


class TokenRequest(BaseModel):
    """Body of `POST /local/token`: who the token shall speak of. What is left out is no claim of the token."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)

    tenant_id: str
    sub: str = Field(min_length=1)
    email: str | None = None
    email_verified: bool | None = None
    phone: str | None = None
    phone_verified: bool | None = None
    role: str | None = None

    def claims(self) -> dict[str, Any]:
        """As OpenID Connect Core 1.0, section 5.1, names them; `role` is the hub's own."""
        claims = {
            "sub": self.sub,
            "email": self.email,
            "email_verified": self.email_verified,
            "phone_number": self.phone,
            "phone_number_verified": self.phone_verified,
            "role": self.role,
        }
        return {name: value for name, value in claims.items() if value is not None}


class IdentityProvider:
    """The HTTP side of all issuers."""

    def __init__(self, issuers: Mapping[str, Issuer]) -> None:
        self._issuers = issuers

    def routes(self) -> list[Route]:
        """Token, discovery and key set."""
        return [
            Route("/local/token", self._token, methods=["POST"]),
            Route("/local/idp/{tenant_id}" + DISCOVERY_PATH, self._discovery),
            Route("/local/idp/{tenant_id}" + JWKS_PATH, self._key_set),
        ]

    async def _token(self, request: Request) -> Response:
        try:
            asked = TokenRequest.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused([(".".join(map(str, problem["loc"])), problem["msg"]) for problem in error.errors()])
        if asked.tenant_id not in self._issuers:
            return _refused([("tenantId", f"Input should be one of {', '.join(self._issuers)}")])
        return JSONResponse({"token": self._issuers[asked.tenant_id].sign(asked.claims())})

    async def _discovery(self, request: Request) -> Response:
        issuer = self._issuers.get(request.path_params["tenant_id"])
        return JSONResponse(issuer.discovery()) if issuer else _unknown_tenant()

    async def _key_set(self, request: Request) -> Response:
        issuer = self._issuers.get(request.path_params["tenant_id"])
        return JSONResponse(issuer.key_set()) if issuer else _unknown_tenant()


def _refused(problems: list[tuple[str, str]]) -> Response:
    """A field is the empty string when the body as a whole is not what it should be."""
    message = "; ".join(f"{field or 'body'}: {problem}" for field, problem in problems)
    return JSONResponse(
        {"error": "Invalid request", "message": message, "fields": [field for field, _ in problems if field]}, 422
    )


def _unknown_tenant() -> Response:
    return JSONResponse({"error": "Not found", "message": "There is no issuer of that tenant."}, 404)


def _load_key(path: Path) -> rsa.RSAPrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    return _make_key(path)


def _make_key(path: Path) -> rsa.RSAPrivateKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return key
