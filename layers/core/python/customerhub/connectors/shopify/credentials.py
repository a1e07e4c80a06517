"""What the hub keeps of a shop's secrets, and how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from customerhub.connectors.payload import places_of
from customerhub.errors import CredentialsRefused


class _StoredCredentials(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    access_token: str | None = None
    expires_at: AwareDatetime | None = None
    client_id: str | None = None
    client_secret: str | None = None
    refresh_token: str | None = None
    webhook_secret: str | None = None
    previous_webhook_secret: str | None = None


@dataclass(frozen=True)
class ShopifyCredentials:
    """One of three kinds (facts of 2026-11): an access token alone, which lasts until it is revoked; an app's id and
    secret, which get a token of a day whenever asked; or these with a token of an hour and a refresh token that is
    renewed with it. Webhooks are signed with the app's secret; after it is changed, for an hour with the former one."""

    access_token: str | None
    expires_at: datetime | None
    client_id: str | None
    client_secret: str | None
    refresh_token: str | None
    webhook_secrets: tuple[str, ...]

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Raises CredentialsRefused where they do not open anything."""
        try:
            told = _StoredCredentials.model_validate(stored)
        except ValidationError as error:
            raise CredentialsRefused(f"the shop's credentials cannot be read: {places_of(error)}") from error
        secrets = (told.webhook_secret or told.client_secret, told.previous_webhook_secret)
        credentials = cls(
            access_token=told.access_token,
            expires_at=told.expires_at,
            client_id=told.client_id,
            client_secret=told.client_secret,
            refresh_token=told.refresh_token,
            webhook_secrets=tuple(secret for secret in secrets if secret),
        )
        if not (credentials.access_token or credentials.can_be_renewed):
            raise CredentialsRefused("the shop's credentials hold neither an access token nor an app's id and secret")
        return credentials

    @property
    def can_be_renewed(self) -> bool:
        """Whether a token can be asked for."""
        return bool(self.client_id and self.client_secret)

    def lasts(self, now: datetime, at_least: timedelta) -> bool:
        """Whether there is a token that is good for that long."""
        return self.access_token is not None and (self.expires_at is None or now + at_least < self.expires_at)
