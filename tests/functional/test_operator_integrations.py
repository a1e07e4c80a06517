"""The operator's commands `integrations …`: shops and CRMs are connected, shown and disconnected."""

import io
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from customerhub.app import OperatorApp
from customerhub.bootstrap import build_operator_app
from customerhub.domain.ids import IntegrationId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.operator import main
from customerhub.errors import RetryLater, ServiceUnavailable
from customerhub.services.connect_integration import connect_integration
from customerhub.services.owe_members import owe_members
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.club import Club, enrollments_in, jobs_in
from tests.support.faults import UseCase, survive_every_failure
from tests.support.one_client import with_one_client
from tests.support.partner_bench import MemorySecrets
from tests.support.till import fresh_tenant, open_till

SECRET = "shpat_do_not_show"
SHOPIFY = {"accessToken": SECRET, "webhookSecret": f"{SECRET}-2"}
ACCOUNT = "x.myshopify.com"
"""Stands for an account that no other merchant of the run has."""
CONNECT = ("--id", "shopify", "--platform", "shopify", "--account", ACCOUNT)
SHOP = IntegrationId("shopify")
UNREACHABLE = "http://127.0.0.1:9"
CONNECTED_JOBS = (JobKind.SYNC_CUSTOMER, JobKind.SYNC_STAGE, JobKind.REGISTER_WEBHOOKS, JobKind.OWE_MEMBERS)


@dataclass
class Operator:
    """Somebody at a shell, working on a merchant whom no other test has."""

    app: OperatorApp
    tenant: Tenant
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def connect(self, *options: str, credentials: Any = SHOPIFY) -> Any:
        """`integrations connect`; what is said never holds a secret."""
        text = credentials if isinstance(credentials, str) else json.dumps(credentials)
        self.monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return self.run("connect", *(self.account if one == ACCOUNT else one for one in options or CONNECT))

    @property
    def account(self) -> str:
        """The merchant's own."""
        return account_of(self.tenant)

    def owe_members(self) -> None:
        """What the worker does whom the job is left to."""
        shop = self.app.club.integrations.get_integration(self.tenant.id, SHOP)
        assert shop
        owe_members(shop, self.tenant, parts=self.app.club)

    def run(self, command: str, *options: str) -> Any:
        """`integrations …`."""
        self.capsys.readouterr()
        status = main(lambda: self.app, ["integrations", command, "--tenant", self.tenant.id, *options])
        said = self.capsys.readouterr()
        assert SECRET not in said.out + said.err, "invariant 8"
        return json.loads(said.out) if status == 0 else said.err


def account_of(tenant: Tenant) -> str:
    """An account belongs to one merchant."""
    return f"{tenant.id}.myshopify.com"


@pytest.fixture
def operator(
    dynamodb_tables: DynamoDBTables, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    """An operator of a merchant who is registered."""
    for name, value in dynamodb_tables.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    app, tenant = build_operator_app(Settings(dynamodb_tables.names), dynamodb_tables.client()), fresh_tenant()
    register_tenant(tenant, None, store=app.credentials)
    return Operator(app, tenant, capsys, monkeypatch)


def test_a_shop_is_connected_and_shown(operator: Operator) -> None:
    connected = operator.connect()
    assert connected["credentials"] == ["access_token", "webhook_secret"]
    assert operator.app.secrets.get_fresh(operator.tenant.id, SHOP) == {
        "access_token": SECRET,
        "webhook_secret": f"{SECRET}-2",
    }
    (shown,) = operator.run("list")["integrations"]
    assert shown == {
        "id": "shopify",
        "platform": "shopify",
        "account": operator.account,
        "endpoint": None,
        "active": True,
        "intake": "https",
        "eventSource": None,
        "connectedAt": connected["connectedAt"],
        "renewedAt": connected["renewedAt"],
    }


def test_connecting_again_replaces_credentials_and_address_alone(operator: Operator) -> None:
    first = operator.connect()
    again = operator.connect(
        *CONNECT, "--endpoint", "http://127.0.0.1:9/", credentials={"clientId": "a", "clientSecret": "b"}
    )
    assert again["connectedAt"] == first["connectedAt"]
    assert again["endpoint"] == "http://127.0.0.1:9"
    assert operator.app.secrets.get_fresh(operator.tenant.id, SHOP) == {"client_id": "a", "client_secret": "b"}
    assert len(operator.run("list")["integrations"]) == 1


def test_an_id_keeps_its_account(operator: Operator) -> None:
    """Discounts and links of one account mean nothing in another."""
    operator.connect()
    other = operator.connect(*CONNECT[:-1], "y.myshopify.com", credentials={"clientId": "a", "clientSecret": "b"})
    assert other.startswith(f"id: this id is {operator.account} on shopify")
    assert operator.app.secrets.get_fresh(operator.tenant.id, SHOP)["access_token"] == SECRET


def test_every_stage_and_member_is_owed_to_a_shop_that_comes_later(
    operator: Operator, dynamodb_tables: DynamoDBTables
) -> None:
    """Invariant 2: who was enrolled before gets the discount too, once."""
    club = Club(open_till(dynamodb_tables.client(), dynamodb_tables.names, operator.tenant))
    bronze, silver = club.stage("Bronze"), club.stage("Silver")
    ann = club.enrolled(bronze, email="ann@example.com", firstName="Ann")
    bob = club.enrolled(silver, email="bob@example.com", firstName="Bob")
    assert club.cancel(bob["id"]).status == 200
    for _ in range(2):
        operator.connect()
        (job,) = jobs_in(dynamodb_tables, operator.tenant.id, JobKind.OWE_MEMBERS)
        assert (job.status, job.integration) == (JobStatus.WAITING, SHOP)
        operator.owe_members()
    stages = jobs_in(dynamodb_tables, operator.tenant.id, JobKind.SYNC_STAGE)
    members = jobs_in(dynamodb_tables, operator.tenant.id, JobKind.SYNC_CUSTOMER)
    assert {job.stage for job in stages} == {bronze, silver}
    assert [(job.customer, job.integration) for job in members] == [(ann["customerId"], SHOP)]
    assert club.enrollment(ann["id"]).body["enrollment"]["syncedToCrm"] is False
    assert club.enrollment(bob["id"]).body["enrollment"]["status"] == "cancelled"


def test_what_is_disconnected_is_owed_nothing_and_can_be_connected_again(
    operator: Operator, dynamodb_tables: DynamoDBTables
) -> None:
    operator.connect()
    for _ in range(2):
        disconnected = operator.run("disconnect", "--id", "shopify", "--offline")
        assert disconnected["active"] is False
        assert disconnected["stopped"] == {
            "run": None,
            "webhooks": False,
            "webhooksReason": "the platform was not asked",
        }
        assert "its discounts, which stay in force there" in disconnected["kept"]
    club = Club(open_till(dynamodb_tables.client(), dynamodb_tables.names, operator.tenant))
    stage = club.stage()
    assert jobs_in(dynamodb_tables, operator.tenant.id, JobKind.SYNC_STAGE) == []
    assert operator.connect()["active"] is True
    assert jobs_in(dynamodb_tables, operator.tenant.id, JobKind.SYNC_STAGE) == [], "it is left to the workers"
    operator.owe_members()
    assert [job.stage for job in jobs_in(dynamodb_tables, operator.tenant.id, JobKind.SYNC_STAGE)] == [stage]


def test_the_platform_is_asked_to_send_nothing_more_and_need_not_answer(operator: Operator) -> None:
    operator.connect(*CONNECT, "--endpoint", UNREACHABLE)
    disconnected = operator.run("disconnect", "--id", "shopify")
    assert (disconnected["active"], disconnected["stopped"]["webhooks"]) == (False, False)
    assert disconnected["stopped"]["webhooksReason"] == "Shopify cannot be reached"


def test_webhooks_can_come_through_eventbridge(operator: Operator) -> None:
    source = "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1234567/customer-hub"
    operator.connect(*CONNECT, "--intake", "eventbridge", "--event-source", source)
    (shown,) = operator.run("list")["integrations"]
    assert (shown["intake"], shown["eventSource"]) == ("eventbridge", source)


def test_an_account_belongs_to_one_merchant_until_it_is_disconnected(
    operator: Operator, dynamodb_tables: DynamoDBTables
) -> None:
    """Invariant 7: webhooks, which come without a credential of ours, are told apart by their account."""
    operator.connect()
    same = operator.connect("--id", "second", *CONNECT[2:])
    assert same == "account: this account is the integration shopify: disconnect that one first\n"
    stranger = replace(operator, tenant=fresh_tenant())
    register_tenant(stranger.tenant, None, store=stranger.app.credentials)
    theirs = ("--id", "shopify", "--platform", "shopify", "--account", operator.account)
    refused = "account: this account is another merchant's integration: disconnect that one first\n"
    assert stranger.connect(*theirs) == refused
    assert stranger.run("list") == {"integrations": []}
    operator.run("disconnect", "--id", "shopify", "--offline")
    assert stranger.connect(*theirs)["active"] is True
    assert operator.connect() == refused
    found = operator.app.club.integrations.find_holder(Platform.SHOPIFY, operator.account)
    assert found is not None
    assert found.tenant == stranger.tenant.id


@pytest.mark.parametrize(
    ("options", "credentials", "field"),
    [
        (("--id", "Shopify", *CONNECT[2:]), SHOPIFY, "integration"),
        ((*CONNECT[:-1], "shop.example.com"), SHOPIFY, "account"),
        ((*CONNECT, "--endpoint", "http://proxy.example"), SHOPIFY, "endpoint"),
        ((*CONNECT, "--event-source", "arn:aws:events:x"), SHOPIFY, "eventSource"),
        ((*CONNECT, "--intake", "eventbridge"), SHOPIFY, "eventSource"),
        ((*CONNECT, "--intake", "eventbridge", "--event-source", "arn:aws:sqs:us-east-1:1:x"), SHOPIFY, "eventSource"),
        (CONNECT, {"accessToken": SECRET}, "webhookSecret"),
        (CONNECT, {"appId": SECRET}, "appId"),
        (CONNECT, SECRET, "credentials"),
        (CONNECT, "", "credentials"),
        (CONNECT, "[" * 100_000, "credentials"),
        (("--id", "c7", "--platform", "commerce7", "--account", "winery"), SHOPIFY, "accessToken"),
    ],
)
def test_a_refusal_names_the_option_and_keeps_nothing(
    operator: Operator, options: tuple[str, ...], credentials: Any, field: str
) -> None:
    assert operator.connect(*options, credentials=credentials).startswith(f"{field}: ")
    assert operator.run("list") == {"integrations": []}


def test_no_integration_without_its_tenant(operator: Operator) -> None:
    """Invariant 7."""
    operator.connect()
    stranger = replace(operator, tenant=fresh_tenant())
    for command, options in (("list", ()), ("disconnect", ("--id", "shopify"))):
        assert stranger.run(command, *options) == "there is no such tenant\n"
    assert stranger.connect() == "there is no such tenant\n"
    register_tenant(stranger.tenant, None, store=stranger.app.credentials)
    assert stranger.run("disconnect", "--id", "shopify") == "the tenant has no such integration\n"


def test_a_secret_that_is_not_kept_connects_nothing(operator: Operator) -> None:
    def fail() -> None:
        raise ServiceUnavailable("Secrets Manager was not reached")

    refused = replace(
        operator,
        app=replace(
            operator.app, connecting=replace(operator.app.connecting, secrets=MemorySecrets({}, before_put=fail))
        ),
    )
    assert refused.connect() == "Secrets Manager was not reached\n"
    assert operator.run("list") == {"integrations": []}


@dataclass
class Scene:
    """A merchant with a stage and a member of it."""

    tables: DynamoDBTables
    tenant: Tenant
    secrets: MemorySecrets

    def act(self, client: Any) -> None:
        """Connect a shop; whoever does hears of a fault."""
        app = build_operator_app(Settings(self.tables.names), client, self.secrets)
        account = account_of(self.tenant)
        stated = Integration(self.tenant.id, SHOP, Platform.SHOPIFY, account, app.clock.now())
        with suppress(RetryLater):
            connected = connect_integration(stated, {"access_token": "t"}, parts=app.connecting)
            owe_members(connected.integration, self.tenant, parts=app.club)

    def check(self) -> None:
        """Nothing is half connected: workers see no integration that has no credentials."""
        app = build_operator_app(Settings(self.tables.names), self.tables.client(), self.secrets)
        if app.club.integrations.list_integrations(self.tenant.id):
            assert self.secrets.puts
            found = app.club.integrations.find_holder(Platform.SHOPIFY, account_of(self.tenant))
            assert found is not None
            kinds = {job.kind for job in jobs_in(self.tables, self.tenant.id)}
            assert kinds >= {JobKind.REGISTER_WEBHOOKS, JobKind.OWE_MEMBERS}

    def check_done(self) -> None:
        """Each is owed once."""
        jobs = [job for job in jobs_in(self.tables, self.tenant.id) if job.integration == SHOP]
        assert sorted(job.kind for job in jobs) == sorted(CONNECTED_JOBS)
        (enrollment,) = enrollments_in(self.tables, self.tenant.id)
        assert enrollment.owed_to == (SHOP,)


def test_a_failure_at_any_call_leaves_nothing_unowed_once_the_command_is_repeated(
    dynamodb_tables: DynamoDBTables,
) -> None:
    """Invariant 2."""
    tables = with_one_client(dynamodb_tables)

    def arrange() -> Scene:
        tenant = fresh_tenant()
        club = Club(open_till(tables.client(), tables.names, tenant))
        club.enrolled(club.stage(), email="ann@example.com", firstName="Ann")
        return Scene(tables, tenant, MemorySecrets({}))

    use_case = UseCase[Scene](
        arrange=arrange,
        act=lambda scene, client: scene.act(client),
        client=lambda scene: scene.tables.client(),
        check=lambda scene: scene.check(),
        check_done=lambda scene: scene.check_done(),
    )
    assert survive_every_failure("connect an integration", use_case) > 30
