"""Credentials of integrations, in Secrets Manager: one secret each, named `customerhub/<tenant>/<integration>`, a JSON
object. Neither what is in it nor what it is refused with is ever logged."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from http import HTTPStatus
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from customerhub.deployment import SECRET_PREFIX
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.errors import CredentialsRefused, ServiceUnavailable

CACHED_S = 300
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
_FAULTS = frozenset({"InternalServiceError", "InternalServiceErrorException", "ThrottlingException"})
_EXISTS = "ResourceExistsException"
_MISSING = "ResourceNotFoundException"
_DELETED = "InvalidRequestException"
"""Of a secret that is marked for deletion (Secrets Manager API 2017-10-17)."""

Exclusive = Callable[[TenantId, IntegrationId], AbstractContextManager[None]]
"""Lets one worker at a time in, of all processes."""


class AwsSecretStore:
    """Implements `ports.partners.SecretStore`. The client is made when it is first needed."""

    def __init__(self, exclusive: Exclusive) -> None:
        self._exclusive = exclusive
        self._cache: dict[str, tuple[float, Mapping[str, Any]]] = {}

    def get(self, tenant: TenantId, integration: IntegrationId) -> Mapping[str, Any]:
        """One GetSecretValue, or none where this process knows the secret for less than `CACHED_S`."""
        known = self._cache.get(_name(tenant, integration))
        if known and known[0] > time.monotonic() - CACHED_S:
            return known[1]
        return self.get_fresh(tenant, integration)

    def get_fresh(self, tenant: TenantId, integration: IntegrationId) -> Mapping[str, Any]:
        """One GetSecretValue."""
        name = _name(tenant, integration)
        try:
            secret = self._secretsmanager.get_secret_value(SecretId=name)
        except (ClientError, BotoCoreError) as error:
            self._cache.pop(name, None)
            raise _meaning(error) from error
        return self._remember(name, _object(secret.get("SecretString")))

    def put(self, tenant: TenantId, integration: IntegrationId, credentials: Mapping[str, Any]) -> None:
        """One PutSecretValue; at first, a CreateSecret after it."""
        name, text = _name(tenant, integration), json.dumps(dict(credentials))
        try:
            self._put_or_create(name, text)
        except (ClientError, BotoCoreError) as error:
            self._cache.pop(name, None)
            raise _meaning(error) from error
        self._remember(name, credentials)

    def exclusive(self, tenant: TenantId, integration: IntegrationId) -> AbstractContextManager[None]:
        """By a lease in the table."""
        return self._exclusive(tenant, integration)

    def _put_or_create(self, name: str, text: str) -> None:
        try:
            self._secretsmanager.put_secret_value(SecretId=name, SecretString=text)
        except ClientError as error:
            if _code(error) != _MISSING:
                raise
            try:
                self._secretsmanager.create_secret(Name=name, SecretString=text)
            except ClientError as other:
                if _code(other) != _EXISTS:
                    raise
                self._secretsmanager.put_secret_value(SecretId=name, SecretString=text)

    def _remember(self, name: str, credentials: Mapping[str, Any]) -> Mapping[str, Any]:
        self._cache[name] = (time.monotonic(), credentials)
        return credentials

    @cached_property
    def _secretsmanager(self) -> Any:
        return get_session().create_client("secretsmanager", config=_CONFIG)


def _name(tenant: TenantId, integration: IntegrationId) -> str:
    return f"{SECRET_PREFIX}{tenant}/{integration}"


def _object(text: str | None) -> Mapping[str, Any]:
    """What an operator has written by hand may be anything."""
    try:
        found = json.loads(text or "")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        # Not from the error: it quotes what it could not read.
        raise CredentialsRefused("the integration's credentials are no JSON object", reason="credentials_unreadable")
    return found


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _meaning(error: ClientError | BotoCoreError) -> Exception:
    """What a failure means to the caller; a right that is missing is for an operator, and stays as it is."""
    if isinstance(error, BotoCoreError):
        return ServiceUnavailable(f"Secrets Manager was not reached: {type(error).__name__}")
    code, status = _code(error), error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in (_MISSING, _DELETED):
        return CredentialsRefused("the integration has no credentials", reason="credentials_missing")
    if code in _FAULTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServiceUnavailable(f"Secrets Manager answered {code}")
    return error
