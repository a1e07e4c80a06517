"""The operator's command: merchants are taken in and changed, keys are handed out and taken back."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from customerhub.app import OperatorApp
from customerhub.bootstrap import build_operator_app
from customerhub.domain.tenant import LinkingPolicy
from customerhub.entrypoints.operator import main
from customerhub.errors import Unauthenticated
from customerhub.services.authenticate import authenticate
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.till import fresh_tenant, open_till

ISSUER = [
    "--issuer",
    "https://idp.example.com/{tenant}",
    "--jwks-url",
    "https://idp.example.com/jwks",
    "--audience",
    "app",
]


@pytest.fixture
def app(dynamodb_tables: DynamoDBTables) -> OperatorApp:
    """The command's parts over the shared tables."""
    return build_operator_app(Settings(dynamodb_tables.names), dynamodb_tables.client())


class Operator:
    """Somebody at a shell, working on a tenant that no other test has."""

    def __init__(self, app: OperatorApp, capsys: pytest.CaptureFixture[str]) -> None:
        self.app, self.capsys, self.tenant = app, capsys, fresh_tenant().id

    def register(self, *options: str) -> Any:
        """`tenants register`."""
        return self._run("tenants", "register", "--tenant", self.tenant, *options)

    def keys(self, *options: str) -> Any:
        """`keys …`."""
        return self._run("keys", options[0], "--tenant", self.tenant, *options[1:])

    def analytics(self, command: str) -> Any:
        """`analytics …`."""
        return self._run("analytics", command, "--tenant", self.tenant)

    def _run(self, *arguments: str) -> Any:
        self.capsys.readouterr()
        status = main(lambda: self.app, [argument.format(tenant=self.tenant) for argument in arguments])
        said = self.capsys.readouterr()
        return json.loads(said.out) if status == 0 else said.err


@pytest.fixture
def operator(app: OperatorApp, capsys: pytest.CaptureFixture[str]) -> Operator:
    """An operator of a fresh tenant."""
    return Operator(app, capsys)


def test_changing_one_setting_keeps_the_others(operator: Operator) -> None:
    operator.register("--name", "A", "--region", "US", "--area-code", "707", *ISSUER, "--role-claim", "groups")
    operator.register("--linking", "trusting")
    found = operator.app.credentials.get_issuer(f"https://idp.example.com/{operator.tenant}")
    assert found
    tenant, issuer = found
    assert (tenant.name, tenant.default_area_code, tenant.linking) == ("A", "707", LinkingPolicy.TRUSTING)
    assert (issuer.audience, issuer.role_claim) == ("app", "groups")


def test_a_replaced_issuer_is_forgotten(operator: Operator) -> None:
    """Invariant 7: two providers may give two people one subject."""
    operator.register("--name", "A", "--region", "US", *ISSUER)
    new = f"https://new.example.com/{operator.tenant}"
    operator.register("--issuer", new, "--jwks-url", "https://new.example.com/jwks", "--audience", "app")
    assert operator.app.credentials.get_issuer(f"https://idp.example.com/{operator.tenant}") is None
    assert operator.app.credentials.get_issuer(new)


def test_an_issuer_is_one_tenants(operator: Operator, app: OperatorApp, capsys: pytest.CaptureFixture[str]) -> None:
    """Invariant 7."""
    operator.register("--name", "A", "--region", "US", *ISSUER)
    thief = Operator(app, capsys)
    url = f"https://idp.example.com/{operator.tenant}"
    refusal = thief.register("--name", "B", "--region", "US", "--issuer", url, "--jwks-url", url, "--audience", "app")
    assert refusal == "issuer: this issuer belongs to another tenant\n"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--region", "US"], "tenant"),
        (["--name", "A", "--region", "UK"], "region"),
        (["--name", "A", "--region", "US", "--area-code", "x"], "area-code"),
        (["--name", "A", "--region", "US", "--issuer", "https://idp.example.com"], "issuer"),
        (["--name", "A", "--region", "US", *ISSUER[2:], "--issuer", "http://idp.example.com"], "issuer"),
    ],
)
def test_a_refusal_names_the_option(operator: Operator, options: list[str], field: str) -> None:
    assert operator.register(*options).startswith(f"{field}: ")


def test_a_key_works_until_it_is_revoked(operator: Operator) -> None:
    operator.register("--name", "A", "--region", "US")
    issued = operator.keys("issue", "--name", "chatbot", "--scope", "customers:read")
    app, header = operator.app, f"Bearer {issued['serviceKey']}"
    caller = authenticate(header, store=app.credentials, verifier=app.verifier, clock=app.clock)
    assert caller.tenant.id == operator.tenant
    revoked = operator.keys("revoke", "--key-id", issued["keyId"])
    assert datetime.fromisoformat(revoked["revokedAt"]) <= datetime.now(UTC)
    with pytest.raises(Unauthenticated):
        authenticate(header, store=app.credentials, verifier=app.verifier, clock=app.clock)


def test_no_key_for_a_tenant_that_is_not_there(operator: Operator) -> None:
    assert operator.keys("issue", "--name", "x", "--scope", "all") == "there is no such tenant\n"
    assert operator.keys("revoke", "--key-id", "0" * 16) == "the tenant has no such key\n"


def test_analytics_are_verified_and_rebuilt(operator: Operator, dynamodb_tables: DynamoDBTables) -> None:
    """What differs is listed: here all of it, as nobody follows the stream of these tables."""
    till = open_till(dynamodb_tables.client(), dynamodb_tables.names, replace(fresh_tenant(), id=operator.tenant))
    till.manage(email="ann@example.com", source="webapp")
    verified = operator.analytics("verify")
    assert (verified["seen"], verified["equal"]) == (1, False)
    source = {"group": "SOURCES", "subject": '["webapp"]', "name": "customers", "shown": 0, "recounted": 1}
    assert source in verified["differences"]
    assert operator.analytics("rebuild") == {"seen": 1, "corrected": 1, "figuresCorrected": 3}
    assert operator.analytics("verify") == {"seen": 1, "equal": True, "differences": []}
