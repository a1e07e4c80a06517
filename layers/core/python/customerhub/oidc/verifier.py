"""Tokens of identity providers: RS256 or ES256, checked against the issuer's published key set."""

from collections.abc import Mapping

import jwt

from customerhub.domain.credentials import Issuer, is_utf8
from customerhub.errors import KeySetUnavailable, Unauthenticated

ALGORITHMS = ("RS256", "ES256")
"""Fixed here, never taken from the token: HS256 with a public key, or `none`, is what an attacker would choose."""
REQUIRED_CLAIMS = ("exp", "iat", "iss", "aud", "sub")
LEEWAY_S = 30
FETCH_TIMEOUT_S = 3


class KeySetTokenVerifier:
    """Implements `ports.TokenVerifier`.

    Key sets are kept for five minutes of the life of the process. A token that names an unknown key has the set
    fetched anew, at most every 30 s, so that forged key ids are no way to flood the identity provider (PyJWT 2.15,
    `PyJWKClient`).
    """

    def __init__(self) -> None:
        self._clients: dict[str, jwt.PyJWKClient] = {}

    def issuer_of(self, token: str) -> str:
        """Only to look up whose key set to check the token against."""
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise Unauthenticated(
                "the credential is neither a service key nor a token", code="unknown_credential"
            ) from error
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or not is_utf8(issuer):
            raise Unauthenticated("the token names no issuer", code="invalid_token")
        return issuer

    def verify(self, token: str, issuer: Issuer) -> Mapping[str, object]:
        """Check signature, `iss`, `aud`, `exp`, `nbf` and `iat`, with 30 s of leeway."""
        try:
            claims: Mapping[str, object] = jwt.decode(
                token,
                self._signing_key(token, issuer),
                algorithms=ALGORITHMS,
                audience=issuer.audience,
                issuer=issuer.url,
                leeway=LEEWAY_S,
                options={"require": list(REQUIRED_CLAIMS)},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("the token has expired", code="token_expired") from error
        except jwt.PyJWKClientConnectionError as error:
            raise KeySetUnavailable("the issuer's key set could not be fetched") from error
        except jwt.PyJWTError as error:
            raise Unauthenticated("the token is not valid", code="invalid_token") from error
        return claims

    def _signing_key(self, token: str, issuer: Issuer) -> jwt.PyJWK:
        client = self._clients.setdefault(issuer.jwks_url, jwt.PyJWKClient(issuer.jwks_url, timeout=FETCH_TIMEOUT_S))
        return client.get_signing_key(str(jwt.get_unverified_header(token).get("kid")))
