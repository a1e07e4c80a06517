"""Access tokens: one that never expires, and expiring ones with refresh tokens that rotate.

Read from Shopify's changelog of December 2025 and August 2026: a refresh token is replaced with every use, and stays
good until the access token that it was exchanged for is first used, so that a lost answer does no harm.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from infra.local.partners.clock import PartnerClock

ACCESS_LIFETIME_S = 3600
CLIENT_CREDENTIALS_LIFETIME_S = 86_399
REFRESH_LIFETIME_S = 7_776_000


@dataclass(frozen=True)
class Access:
    """An access token. The first use ends the refresh token that it was exchanged for (`replaces`)."""

    token: str
    expires_at_s: float | None
    replaces: str | None = None


@dataclass(frozen=True)
class Issued:
    """Tokens, as the token endpoint answers. `refresh` is None where a new token is asked for in another way."""

    access: str
    expires_in_s: int | None
    refresh: str | None = None

    def body(self, scopes: list[str]) -> dict[str, Any]:
        """The JSON of RFC 6749, with Shopify's additions."""
        told: dict[str, Any] = {"access_token": self.access, "scope": ",".join(scopes)}
        if self.expires_in_s is not None:
            told["expires_in"] = self.expires_in_s
        if self.refresh is not None:
            told |= {"refresh_token": self.refresh, "refresh_token_expires_in": REFRESH_LIFETIME_S}
        return told


class TokenRefused(Exception):
    """No token is given: the code of RFC 6749 and the reason."""

    def __init__(self, code: str, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.code = code
        self.status = status


@dataclass
class Tokens:
    """All tokens of one app in one shop. `permanent` is an admin-created app's token: it never expires."""

    clock: PartnerClock
    client_id: str
    client_secret: str
    permanent: str
    is_installed: bool = True
    """While the app is not, none of its tokens is good, and none is given."""
    _access: dict[str, Access] = field(default_factory=dict)
    _refresh: dict[str, float] = field(default_factory=dict)

    def use(self, token: str) -> bool:
        """Whether the token is good; ends what its first use ends."""
        if not self.is_installed:
            return False
        if secrets.compare_digest(token.encode(), self.permanent.encode()):
            return True
        known = self._access.get(token)
        if known is None or (known.expires_at_s is not None and known.expires_at_s <= self.clock.time_s()):
            return False
        if known.replaces is not None:
            self._refresh.pop(known.replaces, None)
            self._access[token] = replace(known, replaces=None)
        return True

    def grant(self, told: Mapping[str, Any]) -> Issued:
        """Answer a request of the token endpoint. Raises `TokenRefused`."""
        id_, secret = str(told.get("client_id") or ""), str(told.get("client_secret") or "")
        if not (
            secrets.compare_digest(id_.encode(), self.client_id.encode())
            and secrets.compare_digest(secret.encode(), self.client_secret.encode())
        ):
            raise TokenRefused("application_cannot_be_found", "The client id and secret are not an app's.", 401)
        if not self.is_installed:
            raise TokenRefused("app_not_installed", "The app is not installed on this shop.")
        kind = told.get("grant_type")
        if kind == "client_credentials":
            return self._issue(CLIENT_CREDENTIALS_LIFETIME_S)
        if kind == "refresh_token":
            return self._refreshed(str(told.get("refresh_token") or ""))
        if kind == "urn:ietf:params:oauth:grant-type:token-exchange":
            return self._exchanged(told)
        raise TokenRefused("unsupported_grant_type", "The Shopify double does not model this grant_type.")

    def issue_expiring(self) -> Issued:
        """A first pair of an expiring token and its refresh token, as the installation of an app gives."""
        return self._issue(ACCESS_LIFETIME_S, refresh=True)

    def forget(self) -> None:
        """Only the permanent token is good from now on."""
        self._access.clear()
        self._refresh.clear()

    def dump(self) -> dict[str, Any]:
        """What `load` continues from."""
        access = [[one.token, one.expires_at_s, one.replaces] for one in self._access.values()]
        return {"access": access, "refresh": dict(self._refresh), "installed": self.is_installed}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Continue from what `dump` gave."""
        self._access = {token: Access(token, expires, replaces) for token, expires, replaces in dumped["access"]}
        self._refresh = dict(dumped["refresh"])
        self.is_installed = dumped.get("installed", True)

    def _refreshed(self, token: str) -> Issued:
        expires_at_s = self._refresh.get(token)
        if expires_at_s is None or expires_at_s <= self.clock.time_s():
            raise TokenRefused("invalid_grant", "This refresh token is not good, or no longer.")
        return self._issue(ACCESS_LIFETIME_S, refresh=True, replaces=token)

    def _exchanged(self, told: Mapping[str, Any]) -> Issued:
        """A permanent token for an expiring one."""
        wanted = "urn:shopify:params:oauth:token-type:offline-access-token"
        if told.get("subject_token_type") != wanted or str(told.get("expiring")) != "1":
            raise TokenRefused("invalid_request", "The Shopify double exchanges offline tokens for expiring ones only.")
        if told.get("subject_token") != self.permanent:
            raise TokenRefused("invalid_subject_token", "This token is not good.")
        return self.issue_expiring()

    def _issue(self, lifetime_s: int, *, refresh: bool = False, replaces: str | None = None) -> Issued:
        now_s = self.clock.time_s()
        access = Access(f"shpat_{secrets.token_hex(16)}", now_s + lifetime_s, replaces)
        self._access[access.token] = access
        if not refresh:
            return Issued(access.token, lifetime_s)
        token = f"shprt_{secrets.token_hex(16)}"
        self._refresh[token] = now_s + REFRESH_LIFETIME_S
        return Issued(access.token, lifetime_s, token)
