"""`POST`, `GET` and `DELETE /api/integrations`: shops are connected, looked at and disconnected."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from customerhub.connectors.opening import PartnerConnectors
from customerhub.deployment import WORK_TABLE_VARIABLE
from customerhub.domain import owing
from customerhub.domain.caller import Scope
from customerhub.domain.care import Care
from customerhub.domain.ids import CredentialId, IntegrationId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.run import RunKind
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.integrations import INTEGRATION_ROUTES
from customerhub.errors import CredentialsRefused, NotReadyYet, PartnerRefused, PartnerUnavailable
from customerhub.services.job_parts import Turn
from customerhub.services.owe_members import PAGE, perform_owing
from customerhub.services.start_run import start_run
from customerhub.store.leases import DynamoLeases
from customerhub.store.table import Database
from infra.local.partners.processes import Partner
from infra.local.tables import DynamoDBTables
from tests.support.care import PUBLIC_URL
from tests.support.club import Club, jobs_in
from tests.support.faults import UseCase, survive_every_failure
from tests.support.integration_desk import CREDENTIALS, SHOP, IntegrationDesk
from tests.support.one_client import with_one_client
from tests.support.partner_bench import MemoryPacer, MemorySecrets
from tests.support.till import Reply, Till, fresh_tenant, open_till, service, user_of

SOURCE = "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1234567/customer-hub"


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> IntegrationDesk:
    """A merchant who has a shop that is not connected yet."""
    return IntegrationDesk(dynamodb_tables)


def test_a_shop_is_connected_and_everything_that_follows_is_owed(desk: IntegrationDesk) -> None:
    connected = desk.connect()
    assert connected.status == 201
    shown = connected.body["integration"]
    assert (shown["id"], shown["account"], shown["active"]) == ("shopify", desk.account, True)
    assert shown["webhooks"]["url"] is None
    assert desk.secrets.puts == [{"access_token": "shpat_do_not_show", "webhook_secret": "shpss_do_not_show"}]
    assert desk.app().integrations.find_holder(Platform.SHOPIFY, desk.account) == desk.integration
    assert {job.kind for job in desk.jobs.sent} == {JobKind.REGISTER_WEBHOOKS, JobKind.OWE_MEMBERS}
    assert desk.shown() == shown
    assert desk.call("GET /api/integrations").body == {"integrations": [shown]}
    assert "do_not_show" not in json.dumps(connected.body), "invariant 8"


def test_the_same_shop_again_is_connected_anew(desk: IntegrationDesk) -> None:
    first, before = desk.connect().body["integration"], desk.integration
    again = desk.connect(credentials={"clientId": "a", "clientSecret": "b"}, account=desk.account.upper())
    assert (again.status, again.body["integration"]["connectedAt"]) == (200, first["connectedAt"])
    assert desk.secrets.credentials == {"client_id": "a", "client_secret": "b"}
    assert before.renewed_at is not None
    assert desk.integration.renewed_at is not None
    assert desk.integration.renewed_at > before.renewed_at
    assert len(jobs_in(desk.tables, desk.tenant.id)) == 2


def test_several_shops_of_one_merchant(desk: IntegrationDesk) -> None:
    desk.connect()
    second = desk.connect(id="shopify-2", account=f"second-{desk.account}", intake="eventbridge", eventSource=SOURCE)
    assert second.status == 201
    crm = {"platform": "commerce7", "account": desk.tenant.id, "credentials": {"appId": "a", "appSecret": "s"}}
    assert desk.connect(**crm).status == 201
    listed = desk.call("GET /api/integrations").body["integrations"]
    assert [one["id"] for one in listed] == ["commerce7", "shopify", "shopify-2"]
    assert (listed[2]["intake"], listed[2]["eventSource"]) == ("eventbridge", SOURCE)


def test_only_an_operator_says_where_a_shop_is_and_a_later_call_keeps_it(desk: IntegrationDesk) -> None:
    """Nobody has the hub call an address of their own."""
    assert desk.connect(endpoint="http://169.254.169.254").body["field"] == "endpoint"
    desk.connect()
    store = desk.app().integrations
    store.put_integration(replace(desk.integration, endpoint="http://127.0.0.1:9"))
    assert desk.connect().status == 200
    assert desk.integration.endpoint == "http://127.0.0.1:9"
    assert "127.0.0.1" not in json.dumps(desk.shown())


@pytest.mark.parametrize(
    ("met", "status", "field"),
    [
        (CredentialsRefused("Shopify does not accept the shop's access token"), 422, "credentials"),
        (CredentialsRefused("it needs read_customers", reason="access_denied"), 422, "credentials"),
        (PartnerRefused("Shopify cannot read the request"), 422, "credentials"),
        (CredentialsRefused("Shopify has no shop of that domain", reason="unknown_shop"), 422, "account"),
        (PartnerUnavailable("Shopify cannot be reached", status=404), 422, "account"),
        (PartnerUnavailable("Shopify cannot be reached", retry_after_s=7), 503, None),
        (NotReadyYet("the shop's allowance is used up", retry_after_s=7), 503, None),
    ],
)
def test_what_the_platform_does_not_accept_is_not_stored(
    desk: IntegrationDesk, met: Exception, status: int, field: str | None
) -> None:
    desk.connectors.refused = met
    refused = desk.connect()
    assert (refused.status, refused.body.get("field")) == (status, field)
    assert refused.headers.get("Retry-After") == ("7" if status == 503 else None)
    assert desk.secrets.puts == []
    assert desk.call("GET /api/integrations").body == {"integrations": []}
    assert jobs_in(desk.tables, desk.tenant.id) == []


def over_the_network(desk: IntegrationDesk, shopify: Partner, credentials: Mapping[str, str]) -> Reply:
    """`POST /api/integrations` by the real connector to the double, which an operator has named."""
    app, store = desk.app(), desk.app().integrations
    if not store.list_integrations(desk.tenant.id):
        now, where = desk.clock.now(), shopify.url
        store.put_integration(Integration(desk.tenant.id, SHOP, Platform.SHOPIFY, desk.account, now, where))
    connectors = PartnerConnectors(desk.secrets, lambda _: MemoryPacer(desk.clock), desk.clock)
    app = replace(app, connecting=replace(app.connecting, connectors=connectors))
    body = json.dumps({"platform": "shopify", "account": desk.account, "credentials": credentials})
    with closing(connectors._http):
        return Till(build_api(app, INTEGRATION_ROUTES), desk.tenant).call("POST /api/integrations", body=body)


def test_an_apps_id_and_secret_are_tried_with_a_token_that_is_kept_nowhere(
    desk: IntegrationDesk, shopify_partner: Partner
) -> None:
    shopify_partner.control("POST", "reset").raise_for_status()
    known = shopify_partner.credentials
    good = {"clientId": known["client_id"], "clientSecret": known["client_secret"]}
    refused = over_the_network(desk, shopify_partner, good | {"clientSecret": "a-guess"})
    assert (refused.status, refused.body["code"]) == (422, "credentials_refused")
    assert desk.secrets.puts == []
    assert over_the_network(desk, shopify_partner, good).status == 200
    assert desk.secrets.puts == [{"client_id": known["client_id"], "client_secret": known["client_secret"]}]


def test_an_account_that_the_platform_does_not_know_is_said_to_be(
    desk: IntegrationDesk, shopify_partner: Partner
) -> None:
    shopify_partner.control("POST", "reset").raise_for_status()
    shopify_partner.control("PUT", "faults", [{"mode": "status", "status": 404}]).raise_for_status()
    for credentials in ({"clientId": "a", "clientSecret": "b"}, CREDENTIALS):
        refused = over_the_network(desk, shopify_partner, credentials)
        assert (refused.status, refused.body["code"], refused.body["field"]) == (422, "unknown_account", "account")


class LeasedSecrets(MemorySecrets):
    """The same, with the lease of real processes."""

    def __init__(self, desk: IntegrationDesk) -> None:
        super().__init__({})
        self._leases = DynamoLeases(Database(desk.client), desk.tables.names[WORK_TABLE_VARIABLE], desk.clock)

    @contextmanager
    def exclusive(self, tenant: TenantId, integration: IntegrationId) -> Iterator[None]:
        """By a lease in the table."""
        with self._leases.exclusive(tenant, integration):
            yield


def test_credentials_are_not_replaced_while_a_worker_renews_the_former_ones(desk: IntegrationDesk) -> None:
    """It would put these back."""
    desk.secrets = LeasedSecrets(desk)
    desk.connect()
    former, others = desk.secrets.credentials, {"clientId": "a", "clientSecret": "b"}
    with desk.secrets.exclusive(desk.tenant.id, SHOP):
        refused = desk.connect(credentials=others)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
        assert desk.secrets.credentials == former
    assert desk.connect(credentials=others).status == 200
    assert desk.secrets.credentials == {"client_id": "a", "client_secret": "b"}


def test_good_credentials_stay_where_worse_ones_are_stated(desk: IntegrationDesk) -> None:
    desk.connect()
    desk.connectors.refused = CredentialsRefused("no")
    assert desk.connect(credentials={"clientId": "a", "clientSecret": "b"}).status == 422
    assert desk.secrets.credentials["access_token"] == "shpat_do_not_show"


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"platform": "woocommerce"}, 422, "platform"),
        ({"platform": 5}, 422, "platform"),
        ({"id": "Shopify"}, 422, "id"),
        ({"id": ""}, 422, "id"),
        ({"account": "shop.example.com"}, 422, "account"),
        ({"account": "x.myshopify.com.evil.example"}, 422, "account"),
        ({"account": "x" * 200}, 422, "account"),
        ({"credentials": "secret"}, 422, "credentials"),
        ({"credentials": {}}, 422, "credentials"),
        ({"credentials": {"accessToken": "t"}}, 422, "webhookSecret"),
        ({"credentials": {"appId": "a"}}, 422, "appId"),
        ({"credentials": {"accessToken": "a\nb", "webhookSecret": "w"}}, 422, "accessToken"),
        ({"intake": "smoke"}, 422, "intake"),
        ({"intake": "eventbridge"}, 422, "eventSource"),
        ({"eventSource": SOURCE}, 422, "eventSource"),
        ({"intake": "eventbridge", "eventSource": "arn:aws:sqs:us-east-1:1:q"}, 422, "eventSource"),
        ({"tenant": "somebody-else"}, 422, "tenant"),
    ],
)
def test_bad_input_names_the_field(desk: IntegrationDesk, fields: dict[str, Any], status: int, field: str) -> None:
    refused = desk.connect(**fields)
    assert (refused.status, refused.body["field"].partition(".")[0]) == (status, field)
    assert desk.call("GET /api/integrations").body == {"integrations": []}


def test_an_id_keeps_its_account(desk: IntegrationDesk) -> None:
    desk.connect()
    other = desk.connect(account=f"other-{desk.account}")
    assert (other.status, other.body["field"]) == (422, "id")


@pytest.mark.parametrize(
    "route",
    ["GET /api/integrations/{integrationId}", "DELETE /api/integrations/{integrationId}"],
)
@pytest.mark.parametrize("name", ["nowhere", "NoId!", "x" * 300])
def test_what_is_not_there(desk: IntegrationDesk, route: str, name: str) -> None:
    assert desk.call(route, name=name).status == 404


def test_invariant_7_an_account_is_one_merchants_and_so_is_an_integration(
    desk: IntegrationDesk, dynamodb_tables: DynamoDBTables
) -> None:
    desk.connect()
    stranger = IntegrationDesk(dynamodb_tables)
    refused = stranger.connect(account=desk.account)
    assert (refused.status, refused.body["code"]) == (409, "account_connected")
    assert desk.tenant.id not in json.dumps(refused.body)
    assert stranger.secrets.puts == []
    for route in ("GET /api/integrations/{integrationId}", "DELETE /api/integrations/{integrationId}"):
        assert stranger.call(route, name=SHOP).status == 404
    assert desk.connect(id="second").body["code"] == "account_connected"
    desk.disconnect()
    assert stranger.connect(account=desk.account).status == 201
    assert desk.connect().status == 409


def test_scopes(desk: IntegrationDesk) -> None:
    desk.connect()
    reader = service(desk.tenant, scopes=frozenset({Scope.SYNC_READ, Scope.SYNC_WRITE}))
    writer = service(desk.tenant, scopes=frozenset({Scope.INTEGRATIONS_WRITE}))
    body = {"platform": "shopify", "account": desk.account, "credentials": CREDENTIALS}
    for caller, reads, writes in ((reader, 200, 403), (writer, 403, 200), (user_of(desk.tenant, "u"), 403, 403)):
        assert desk.call("GET /api/integrations", caller=caller).status == reads
        assert desk.call("GET /api/integrations/{integrationId}", name=SHOP, caller=caller).status == reads
        assert desk.call("POST /api/integrations", body, caller=caller).status == writes
        assert desk.call("DELETE /api/integrations/{integrationId}", name=SHOP, caller=caller).status == writes


def test_whoever_calls_too_often_asks_no_platform(desk: IntegrationDesk) -> None:
    caller = service(desk.tenant, ceiling=1)
    body = {"platform": "shopify", "account": desk.account, "credentials": CREDENTIALS}
    assert desk.call("POST /api/integrations", body, caller=caller).status == 201
    asked = len(desk.shop.calls)
    assert desk.call("POST /api/integrations", body, caller=caller).status == 429
    assert len(desk.shop.calls) == asked


def test_members_from_before_are_owed(desk: IntegrationDesk) -> None:
    """Invariant 2."""
    club = Club(open_till(desk.client, desk.tables.names, desk.tenant))
    stage = club.stage()
    members = [club.enrolled(stage, email=f"m{number}@example.com", firstName="M")["customerId"] for number in range(3)]
    desk.connect()
    assert desk.owe_members().status is JobStatus.DONE
    owed = {job.customer for job in jobs_in(desk.tables, desk.tenant.id, JobKind.SYNC_CUSTOMER)}
    assert owed == set(members)
    assert [job.stage for job in jobs_in(desk.tables, desk.tenant.id, JobKind.SYNC_STAGE)] == [stage]


def test_a_worker_that_has_no_time_left_leaves_the_other_members_to_the_next(desk: IntegrationDesk) -> None:
    """However many there are: nobody is owed twice, and what was reached for another connection does not count."""
    club = Club(open_till(desk.client, desk.tables.names, desk.tenant))
    stage = club.stage()
    for number in range(PAGE + 1):
        club.enrolled(stage, email=f"m{number}@example.com", firstName="M")
    desk.connect()
    parts, now = desk.worker(), desk.clock.now()
    job, store = desk.job(owing.owe_members(desk.tenant.id, SHOP).job), parts.care().parts.care

    def owed() -> list[int]:
        return [one.version for one in jobs_in(desk.tables, desk.tenant.id, JobKind.SYNC_CUSTOMER)]

    with pytest.raises(NotReadyYet):
        perform_owing(Turn(job, desk.tenant, now, desk.clock), parts=parts, care=store)
    assert owed() == [1] * PAGE
    until = now + timedelta(minutes=5)
    perform_owing(Turn(job, desk.tenant, until, desk.clock), parts=parts, care=store)
    assert owed() == [1] * (PAGE + 1)
    desk.connect()
    perform_owing(Turn(job, desk.tenant, until, desk.clock), parts=parts, care=store)
    assert owed() == [2] * (PAGE + 1)


def test_disconnecting_stops_everything_and_says_what_is_kept(desk: IntegrationDesk) -> None:
    desk.connect()
    desk.look_after()
    assert desk.shop.subscribed == [f"{PUBLIC_URL}/api/webhooks/shopify"]
    running = desk.shown()["running"]
    assert running["kind"] == "pull"
    stopped = desk.disconnect()
    assert stopped.status == 200
    assert stopped.body["stopped"]["run"] == running["id"]
    assert (stopped.body["stopped"]["webhooks"], desk.shop.subscribed) == (True, [])
    assert stopped.body["integration"]["active"] is False
    assert "its credentials" in stopped.body["kept"]
    assert desk.secrets.credentials["access_token"] == "shpat_do_not_show"
    run = desk.app().run_parts.runs.get_run(desk.tenant.id, running["id"])
    assert run is not None
    assert run.cancel_requested
    asked = len(desk.shop.calls)
    assert desk.look_after().status is JobStatus.SKIPPED
    assert desk.owe_members().status is JobStatus.SKIPPED
    assert len(desk.shop.calls) == asked
    assert desk.disconnect().status == 200


def test_a_shop_that_does_not_answer_is_disconnected_all_the_same(desk: IntegrationDesk) -> None:
    desk.connect()
    desk.look_after()
    desk.connectors.refused = PartnerUnavailable("Shopify cannot be reached")
    stopped = desk.disconnect().body["stopped"]
    assert (stopped["webhooks"], stopped["webhooksReason"]) == (False, "Shopify cannot be reached")
    assert desk.shown()["active"] is False
    desk.connectors.refused = None
    assert desk.disconnect().body["stopped"]["webhooks"] is True
    assert desk.shop.subscribed == []


def test_what_is_connected_again_is_registered_and_pulled_again(desk: IntegrationDesk) -> None:
    desk.connect()
    desk.look_after()
    desk.connectors.refused = PartnerUnavailable("Shopify cannot be reached")
    desk.disconnect()
    desk.connectors.refused = None
    end_run(desk)
    desk.connect()
    assert desk.look_after().status is JobStatus.DONE
    # What was reported meanwhile was not taken in.
    assert desk.shown()["running"] is not None


def test_what_is_connected_again_at_once_is_pulled_by_a_run_that_goes_on(desk: IntegrationDesk) -> None:
    desk.connect()
    desk.look_after()
    former = desk.shown()["running"]["id"]
    desk.disconnect()
    desk.connect()
    assert desk.look_after().status is JobStatus.DONE
    running = desk.shown()["running"]["id"]
    assert running != former, "that one was cancelled, and ends after its page"
    run = desk.app().run_parts.runs.get_run(desk.tenant.id, running)
    assert run is not None
    assert not run.cancel_requested


def test_somebody_who_disconnects_another_one_stops_nothing_of_it(desk: IntegrationDesk) -> None:
    desk.connect()
    desk.connect(id="second", account=f"second-{desk.account}")
    desk.disconnect("second")
    assert desk.integration.active


def test_the_run_that_is_shown_is_the_integrations_own(desk: IntegrationDesk) -> None:
    desk.connect()
    app, somebody = desk.app(), CredentialId("key:somebody")
    run = start_run(desk.integration, RunKind.PULL, somebody, parts=app.run_parts)
    assert desk.shown()["running"]["id"] == run.id
    assert desk.shown()["running"]["counts"]["balanced"] is True
    stranger = replace(desk.integration, id=IntegrationId("shopify-2"))
    assert app.care_parts.runs.get_pull_state(stranger.tenant, stranger.id).run is None


def end_run(desk: IntegrationDesk) -> None:
    """As the worker that finds that it was cancelled."""
    runs = desk.app().care_parts.runs
    state = runs.get_pull_state(desk.tenant.id, SHOP)
    assert state.run
    run = runs.get_run(desk.tenant.id, state.run)
    assert run
    runs.end_run(replace(run, finished_at=desk.clock.now()), replace(state, run=None))


def test_a_failure_at_any_call_connects_whole_or_not_at_all(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2: whoever repeats the call finds everything owed, once."""
    tables = with_one_client(dynamodb_tables)

    def check(desk: IntegrationDesk) -> None:
        if desk.app().integrations.list_integrations(desk.tenant.id):
            assert desk.secrets.puts
            assert desk.app().integrations.find_holder(Platform.SHOPIFY, desk.account) == desk.integration
            assert len(jobs_in(tables, desk.tenant.id)) == 2

    use_case = UseCase[IntegrationDesk](
        arrange=lambda: IntegrationDesk(tables),
        act=lambda desk, client: desk.connect(client),
        client=lambda desk: desk.tables.client(),
        check=check,
        check_done=lambda desk: desk.integration.active or pytest.fail("it is not connected"),
    )
    assert survive_every_failure("connect over HTTP", use_case) > 30


def test_a_failure_at_any_call_disconnects_once_it_is_repeated(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2: from the first write on nothing more is exchanged, and a repetition ends the rest."""
    tables = with_one_client(dynamodb_tables)

    def arrange() -> IntegrationDesk:
        desk = IntegrationDesk(tables)
        now, target = desk.clock.now(), f"{PUBLIC_URL}/api/webhooks/shopify"
        app = desk.app()
        app.integrations.put_integration(Integration(desk.tenant.id, SHOP, Platform.SHOPIFY, desk.account, now))
        app.care_parts.care.put_care(Care(desk.tenant.id, SHOP, target))
        start_run(desk.integration, RunKind.PULL, CredentialId("key:somebody"), parts=app.run_parts)
        desk.shop.subscribed.append(target)
        return desk

    def check_done(desk: IntegrationDesk) -> None:
        assert (desk.integration.active, desk.shop.subscribed, desk.care.url) == (False, [], None)
        runs = desk.app().care_parts.runs
        state = runs.get_pull_state(desk.tenant.id, SHOP)
        assert state.run
        run = runs.get_run(desk.tenant.id, state.run)
        assert run
        assert run.cancel_requested

    use_case = UseCase[IntegrationDesk](
        arrange=arrange,
        act=lambda desk, client: desk.disconnect(client=client),
        client=lambda desk: desk.tables.client(),
        check=lambda _: None,
        check_done=check_done,
    )
    assert survive_every_failure("disconnect over HTTP", use_case) > 20


def test_of_two_merchants_who_connect_one_account_at_once_one_has_it(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7, in a race: the account is claimed in the transaction that connects it."""
    first, second = (IntegrationDesk(dynamodb_tables, tenant=fresh_tenant()) for _ in range(2))
    interrupted = [False]

    def meanwhile() -> None:
        if not interrupted[0]:
            interrupted[0] = True
            assert second.connect(account=first.account).status == 201

    # After the account was found free, before it is claimed.
    first.secrets.before_put = meanwhile
    assert first.connect().status == 409
    assert first.call("GET /api/integrations").body == {"integrations": []}
