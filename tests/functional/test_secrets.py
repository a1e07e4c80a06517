"""Credentials of integrations in Secrets Manager, over MiniStack's, and what its failures mean."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from customerhub.aws.secrets import AwsSecretStore
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.errors import CredentialsRefused, ServiceUnavailable
from infra.local.emulator import Emulator

SHOP = IntegrationId("shopify")
SECRET = "shpat_do_not_show"


def alone(tenant: TenantId, integration: IntegrationId) -> AbstractContextManager[None]:
    return nullcontext()


@pytest.fixture
def process(ministack: Emulator, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AwsSecretStore]:
    """Makes the store of one more process."""
    for name, value in ministack.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return lambda: AwsSecretStore(alone)


@pytest.fixture
def secrets(process: Callable[[], AwsSecretStore]) -> AwsSecretStore:
    """The store of this process."""
    return process()


def fresh_tenant_id() -> TenantId:
    return TenantId(f"t-{uuid4().hex[:30]}")


def test_credentials_are_kept_and_replaced(process: Callable[[], AwsSecretStore]) -> None:
    tenant = fresh_tenant_id()
    process().put(tenant, SHOP, {"access_token": "one"})
    assert process().get(tenant, SHOP) == {"access_token": "one"}
    process().put(tenant, SHOP, {"access_token": "two", "webhook_secret": "ü"})
    assert process().get_fresh(tenant, SHOP) == {"access_token": "two", "webhook_secret": "ü"}


def test_a_process_asks_once_and_anew_where_it_must_know(process: Callable[[], AwsSecretStore]) -> None:
    tenant, here, elsewhere = fresh_tenant_id(), process(), process()
    here.put(tenant, SHOP, {"access_token": "one"})
    elsewhere.put(tenant, SHOP, {"access_token": "two"})
    assert here.get(tenant, SHOP) == {"access_token": "one"}, "known for some minutes"
    assert here.get_fresh(tenant, SHOP) == {"access_token": "two"}
    assert here.get(tenant, SHOP) == {"access_token": "two"}


def test_invariant_7_the_secret_of_another_tenant_is_another_one(secrets: AwsSecretStore) -> None:
    mine, theirs = fresh_tenant_id(), fresh_tenant_id()
    secrets.put(theirs, SHOP, {"access_token": SECRET})
    with pytest.raises(CredentialsRefused) as refusal:
        secrets.get(mine, SHOP)
    assert refusal.value.reason == "credentials_missing"


def test_what_somebody_wrote_by_hand_is_refused_and_not_quoted(secrets: AwsSecretStore, ministack: Emulator) -> None:
    """Invariant 8."""
    tenant = fresh_tenant_id()
    client = ministack.client("secretsmanager")
    client.create_secret(Name=f"customerhub/{tenant}/{SHOP}", SecretString=f"token: {SECRET}")
    with pytest.raises(CredentialsRefused) as refusal:
        secrets.get(tenant, SHOP)
    assert refusal.value.reason == "credentials_unreadable"
    assert SECRET not in repr(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


FAILURES = [
    ("ThrottlingException", 400, ServiceUnavailable),
    ("InternalServiceError", 500, ServiceUnavailable),
    ("ServiceUnavailable", 503, ServiceUnavailable),
    ("InvalidRequestException", 400, CredentialsRefused),
    ("AccessDeniedException", 400, ClientError),
]


@pytest.mark.parametrize(("code", "status", "meaning"), FAILURES)
def test_what_a_failed_reading_means(secrets: AwsSecretStore, code: str, status: int, meaning: type[Exception]) -> None:
    with Stubber(secrets._secretsmanager) as stub:
        stub.add_client_error("get_secret_value", code, http_status_code=status)
        with pytest.raises(meaning):
            secrets.get(fresh_tenant_id(), SHOP)


def test_a_failed_write_leaves_nothing_remembered(secrets: AwsSecretStore) -> None:
    """Its effect is unknown: the next reading asks."""
    tenant = fresh_tenant_id()
    secrets.put(tenant, SHOP, {"access_token": "one"})
    with Stubber(secrets._secretsmanager) as stub:
        stub.add_client_error("put_secret_value", "InternalServiceError", http_status_code=500)
        with pytest.raises(ServiceUnavailable) as fault:
            secrets.put(tenant, SHOP, {"access_token": SECRET})
        assert SECRET not in str(fault.value)
    assert secrets.get(tenant, SHOP) == {"access_token": "one"}


def test_a_time_out_is_a_fault_of_the_moment(secrets: AwsSecretStore) -> None:
    def time_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://secretsmanager")

    secrets._secretsmanager.meta.events.register("before-send.secretsmanager", time_out)
    with pytest.raises(ServiceUnavailable):
        secrets.get(fresh_tenant_id(), SHOP)


def test_two_who_connect_at_once_both_succeed(secrets: AwsSecretStore) -> None:
    """The other one created the secret between our two calls."""
    with Stubber(secrets._secretsmanager) as stub:
        stub.add_client_error("put_secret_value", "ResourceNotFoundException")
        stub.add_client_error("create_secret", "ResourceExistsException")
        stub.add_response("put_secret_value", {"VersionId": "0" * 32})
        secrets.put(fresh_tenant_id(), SHOP, {"access_token": "one"})
        stub.assert_no_pending_responses()
