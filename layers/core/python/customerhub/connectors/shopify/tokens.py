"""Access tokens: the one that is good now, renewed a little before it expires, and once when it is refused.

A refresh token works once, and a new one comes with each access token. So the new pair is stored before it is used, and
nobody else renews meanwhile. Where the answer is lost, or the pair cannot be stored, the former refresh token still
works: Shopify gives it up when the new access token is first used (changelog, "more resilient refreshes for expiring
offline access tokens", 28 August 2026).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from threading import Lock
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from customerhub.connectors.base import Answer, PartnerHttp
from customerhub.connectors.shopify.credentials import ShopifyCredentials
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.integration import UNKNOWN_SHOP, Integration
from customerhub.errors import CredentialsRefused, PartnerUnavailable, RetryLater
from customerhub.ports import Clock
from customerhub.ports.partners import SecretStore

EARLY = timedelta(minutes=5)
"""A token is renewed that long before it expires."""


class TokenProvider(Protocol):
    """Gives the access token. Both raise CredentialsRefused where there is none to be had, and RetryLater."""

    def token(self) -> str:
        """The token to use now."""

    def instead_of(self, refused: str) -> str:
        """Another one, after Shopify has refused this one."""


class FixedToken:
    """A token that lasts until it is revoked."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        """The one there is."""
        return self._token

    def instead_of(self, refused: str) -> str:  # noqa: ARG002 - as the protocol says
        """There is no other: raises CredentialsRefused."""
        raise CredentialsRefused("Shopify no longer accepts the shop's access token: connect the shop anew")


class RenewedToken:
    """A token that expires: of the client-credentials grant, or of a refresh token that is renewed with it."""

    def __init__(
        self,
        integration: Integration,
        credentials: ShopifyCredentials,
        http: PartnerHttp,
        url: str,
        *,
        secrets: SecretStore,
        clock: Clock,
    ) -> None:
        """`url` is where the shop hands out tokens."""
        self._integration = integration
        self._current = credentials
        self._http = http
        self._url = url
        self._secrets = secrets
        self._clock = clock
        self._lock = Lock()

    def token(self) -> str:
        """The current one, renewed some minutes before it expires. While it still works, a renewal that fails for the
        moment is left for later."""
        current = self._current
        if current.access_token is not None and current.lasts(self._clock.now(), EARLY):
            return current.access_token
        try:
            return self._renew(refused=None)
        except RetryLater:
            if current.access_token is not None and current.lasts(self._clock.now(), timedelta(seconds=30)):
                return current.access_token
            raise

    def instead_of(self, refused: str) -> str:
        """One that somebody else has renewed meanwhile, or a new one."""
        current = self._current
        if current.access_token is not None and current.access_token != refused:
            return current.access_token
        return self._renew(refused)

    def _renew(self, refused: str | None) -> str:
        tenant, integration = self._integration.tenant, self._integration.id
        with self._lock, self._secrets.exclusive(tenant, integration):
            stored = self._secrets.get_fresh(tenant, integration)
            current = ShopifyCredentials.read(stored)
            if current.access_token in {None, refused} or not current.lasts(self._clock.now(), EARLY):
                stored = {**stored, **self._granted(current)}
                self._secrets.put(tenant, integration, stored)
                current = ShopifyCredentials.read(stored)
            self._current = current
        if current.access_token is None:
            raise CredentialsRefused("Shopify gives the app no access token")
        return current.access_token

    def _granted(self, credentials: ShopifyCredentials) -> Mapping[str, Any]:
        """A new token, as it is to be stored."""
        grant = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
        if credentials.refresh_token is None:
            grant |= {"grant_type": "client_credentials"}
        else:
            grant |= {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token}
        asked_at = self._clock.now()
        answer = self._http.send("POST", self._url, json=grant)
        if answer.status in {400, 401, 403, 404}:
            raise CredentialsRefused(
                f"Shopify gives the app no access token for this shop any more ({self._http.naming(answer)}): connect "
                "the shop anew",
                reason=UNKNOWN_SHOP if answer.status == HTTPStatus.NOT_FOUND else None,
            )
        self._http.raise_for_fault(answer)
        granted = self._read(answer)
        changes: dict[str, Any] = {"access_token": granted.access_token, "expires_at": None}
        if granted.expires_in is not None:
            changes["expires_at"] = (asked_at + timedelta(seconds=granted.expires_in)).isoformat()
        if granted.refresh_token is not None:
            changes["refresh_token"] = granted.refresh_token
        return changes

    def _read(self, answer: Answer) -> "_GrantedToken":
        try:
            return _GrantedToken.model_validate(self._http.object_of(answer))
        except ValidationError as error:
            raise PartnerUnavailable(
                f"Shopify answered no token that can be read: {self._http.naming(answer)}", status=answer.status
            ) from error


class _GrantedToken(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    access_token: str = Field(min_length=1)
    expires_in: int | None = Field(None, gt=0, lt=10**9)
    refresh_token: str | None = Field(None, min_length=1)


@dataclass
class _UnkeptSecrets:
    """Implements `ports.partners.SecretStore` for one provider, in memory."""

    credentials: Mapping[str, Any]

    def get(self, tenant: TenantId, integration: IntegrationId) -> Mapping[str, Any]:  # noqa: ARG002
        """As they are."""
        return self.credentials

    def get_fresh(self, tenant: TenantId, integration: IntegrationId) -> Mapping[str, Any]:  # noqa: ARG002
        """As they are."""
        return self.credentials

    def put(self, tenant: TenantId, integration: IntegrationId, credentials: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Until the provider is gone."""
        self.credentials = credentials

    def exclusive(self, tenant: TenantId, integration: IntegrationId) -> AbstractContextManager[None]:  # noqa: ARG002
        """Nobody else has them; the provider's own lock keeps its threads apart."""
        return nullcontext()


def token_provider(
    integration: Integration,
    credentials: ShopifyCredentials,
    http: PartnerHttp,
    url: str,
    *,
    secrets: SecretStore | None,
    clock: Clock,
) -> TokenProvider:
    """The provider that suits the credentials. Without `secrets` a new token could not be kept: none is asked for, but
    of the client-credentials grant, which uses nothing up; that token is this provider's alone."""
    if secrets is None and credentials.access_token is None and credentials.refresh_token is None:
        secrets = _UnkeptSecrets({"client_id": credentials.client_id, "client_secret": credentials.client_secret})
    if secrets is not None and credentials.can_be_renewed and not _is_fixed(credentials):
        return RenewedToken(integration, credentials, http, url, secrets=secrets, clock=clock)
    if credentials.access_token is None:
        raise CredentialsRefused("the shop's credentials hold no access token, and none can be kept")
    return FixedToken(credentials.access_token)


def _is_fixed(credentials: ShopifyCredentials) -> bool:
    """A token that never expires; the app's secret stands beside it for its webhooks."""
    return credentials.access_token is not None and credentials.expires_at is None and credentials.refresh_token is None
