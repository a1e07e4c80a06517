"""Invariants 1 and 2 at every point of failure: nothing half-written, nothing lost, nothing done twice."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from customerhub.bootstrap import build_credential_app
from customerhub.domain.caller import TrustedCaller
from customerhub.domain.credentials import Issuer
from customerhub.errors import LostRace, RetryLater
from customerhub.ports import CredentialStore
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.audit import Books, audit
from tests.support.faults import FAILURES, FailingClient, UseCase, survive_every_failure
from tests.support.till import Reply, fresh_tenant, open_till, service

PHONE, EMAIL = "+17075550123", "john@example.com"


@dataclass
class Scene:
    """Tables of their own, one caller, and what the caller was answered."""

    tables: DynamoDBTables
    caller: TrustedCaller = field(default_factory=lambda: service(fresh_tenant()))
    replies: list[Reply] = field(default_factory=list)

    def manage(self, call: dict[str, Any], key: str | None = None, client: Any = None) -> Reply:
        """One call, through `client`."""
        till = open_till(client or self.tables.client(), self.tables.names, self.caller.tenant)
        return till.manage(call, caller=self.caller, key=key)


@dataclass(frozen=True)
class Case:
    """One use case: what is there before, the call, and what must be there in the end."""

    name: str
    before: tuple[dict[str, Any], ...]
    call: dict[str, Any]
    status: int
    customers: int
    merges: int = 0
    conflicts: int = 0
    key: str | None = None


CASES = (
    Case("create", (), {"phone": PHONE, "email": EMAIL, "authUserId": "u"}, 200, customers=1),
    Case("create under a key", (), {"phone": PHONE, "email": EMAIL}, 200, customers=1, key="k"),
    Case("look up", ({"email": EMAIL},), {"email": EMAIL}, 200, customers=1),
    Case("look up under a key", ({"email": EMAIL},), {"email": EMAIL}, 200, customers=1, key="k"),
    Case("add an identifier", ({"email": EMAIL},), {"email": EMAIL, "phone": PHONE}, 200, customers=1),
    Case("conflict", ({"email": EMAIL}, {"phone": PHONE}), {"email": EMAIL, "phone": PHONE}, 409, 2, conflicts=1),
    Case(
        "conflict under a key",
        ({"email": EMAIL}, {"phone": PHONE}),
        {"email": EMAIL, "phone": PHONE},
        409,
        customers=2,
        conflicts=1,
        key="k",
    ),
    Case(
        "merge",
        ({"email": EMAIL, "allergies": ["nuts"]}, {"phone": PHONE, "email": "j2@example.com"}, {"authUserId": "u"}),
        {"email": EMAIL, "phone": PHONE, "authUserId": "u", "mergeIfFound": True},
        200,
        customers=1,
        merges=1,
        key="k",
    ),
    Case(
        "share a phone",
        ({"phone": PHONE, "email": EMAIL, "firstName": "John"},),
        {"phone": PHONE, "email": "mary@example.com", "firstName": "Mary", "samePerson": False},
        200,
        customers=2,
    ),
)


def _use_case(case: Case, fresh_tables: Callable[[], DynamoDBTables]) -> UseCase[Scene]:
    def arrange() -> Scene:
        scene = Scene(fresh_tables())
        for call in case.before:
            assert scene.manage(call).status == 200
        return scene

    def act(scene: Scene, client: Any) -> None:
        scene.replies.append(scene.manage(case.call, case.key, client))

    def check(scene: Scene) -> Books:
        return audit(scene.tables)

    def check_done(scene: Scene) -> None:
        books = audit(scene.tables)
        assert (len(books.customers), len(books.merges), len(books.conflicts)) == (
            case.customers,
            case.merges,
            case.conflicts,
        )
        assert len(books.answers) == bool(case.key)
        assert scene.replies[-1].status == case.status
        assert {reply.status for reply in scene.replies} <= {case.status, 503}

    return UseCase(arrange, act, lambda scene: scene.tables.client(), check, check_done)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_failure_is_survived(case: Case, fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2: at every call, whatever fails there."""
    assert survive_every_failure(case.name, _use_case(case, fresh_tables)) >= 6


@pytest.mark.parametrize("failure", FAILURES[:4], ids=lambda failure: failure.name)
def test_a_failing_rate_counter_stops_nobody(fresh_tables: Callable[[], DynamoDBTables], failure: Any) -> None:
    scene = Scene(fresh_tables())
    client = FailingClient(scene.tables.client(), failure=failure, fails_counter=True)
    assert scene.manage({"phone": PHONE}, client=client).status == 200


def test_an_answer_lost_with_its_effect_is_given_again_under_its_key(
    fresh_tables: Callable[[], DynamoDBTables],
) -> None:
    """Invariant 2: the caller who repeats hears that the account is new, as the first answer said."""
    scene = Scene(fresh_tables())
    time_out = next(failure for failure in FAILURES if failure.name == "time-out with effect")
    first = scene.manage({"phone": PHONE}, "k", FailingClient(scene.tables.client(), at=1, failure=time_out))
    again = scene.manage({"phone": PHONE}, "k")
    assert (first.status, again.status) == (503, 200)
    assert int(first.headers["Retry-After"]) > 0
    assert again.customer["isNewAccount"]


def test_registering_a_merchant_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 2 for the operator: a tenant and its new issuer are there together, and the former one is gone."""
    tenant, url = fresh_tenant(), "https://idp.example.com/"
    old, new = (Issuer(tenant.id, url + name, url, "app") for name in ("old", "new"))

    def register(tables: DynamoDBTables, client: Any, issuer: Issuer) -> None:
        register_tenant(tenant, issuer, store=_credentials(tables, client))

    def arrange() -> DynamoDBTables:
        tables = fresh_tables()
        register(tables, tables.client(), old)
        return tables

    def act(tables: DynamoDBTables, client: Any) -> None:
        with suppress(LostRace, RetryLater):  # the operator reads why, and tries again
            register(tables, client, new)

    def check(tables: DynamoDBTables) -> None:
        store = _credentials(tables, tables.client())
        known = store.get_registration(tenant.id)
        assert known in ((tenant, old), (tenant, new))
        assert [bool(store.get_issuer(issuer.url)) for issuer in (old, new)] == [known[1] == old, known[1] == new]

    def check_done(tables: DynamoDBTables) -> None:
        assert _credentials(tables, tables.client()).get_registration(tenant.id) == (tenant, new)

    use_case = UseCase(arrange, act, lambda tables: tables.client(), check, check_done)
    assert survive_every_failure("register a merchant", use_case) >= 10


def _credentials(tables: DynamoDBTables, client: Any) -> CredentialStore:
    return build_credential_app(Settings(tables.names), client).credentials
