"""Invariants 1 and 2 of patches: at every point of failure, and in races."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from customerhub.domain.caller import TrustedCaller
from infra.local.tables import DynamoDBTables
from tests.support.audit import Books, audit
from tests.support.faults import UseCase, survive_every_failure
from tests.support.patches import ANN, BOB, OTHER_PHONE, PHONE, emails, phones
from tests.support.till import Reply, Till, fresh_tenant, open_till, service

RACERS = 8


@dataclass
class Scene:
    """Ann and Bob, who share a phone that is Ann's, in tables of their own; and what the caller was answered."""

    tables: DynamoDBTables
    caller: TrustedCaller = field(default_factory=lambda: service(fresh_tenant()))
    replies: list[Reply] = field(default_factory=list)
    ann: str = ""
    bob: str = ""

    def __post_init__(self) -> None:
        till = open_till(self.tables.client(), self.tables.names, self.caller.tenant)
        self.ann = till.manage(email=ANN, phone=PHONE, firstName="Ann").id
        self.bob = till.manage(email=BOB, phone=PHONE, firstName="Bob", samePerson=False).id

    def patch(self, patch: dict[str, Any], key: str | None = None, client: Any = None) -> Reply:
        """One patch of Ann, through `client`."""
        till = open_till(client or self.tables.client(), self.tables.names, self.caller.tenant)
        return till.patch(self.ann, patch, caller=self.caller, key=key)


@dataclass(frozen=True)
class Case:
    """One patch of Ann; how many events it leaves, and what then is true."""

    name: str
    patch: dict[str, Any]
    status: int
    events: int
    holds: Callable[[Scene, Books], bool]
    key: str | None = None


def _identifiers(books: Books, customer: str) -> set[str]:
    return {identifier.value for identifier in books.customers[customer].identifiers if identifier.owned}


CASES = (
    Case(
        "a value", {"firstName": "Anna"}, 200, 1, lambda scene, books: books.customers[scene.ann].first_name == "Anna"
    ),
    Case("a value under a key", {"lastName": "Lee"}, 200, 1, lambda _, books: len(books.answers) == 1, key="k"),
    Case("nothing", {"firstName": "Ann"}, 200, 0, lambda _, books: not books.answers),
    Case("nothing under a key", {"firstName": "Ann"}, 200, 0, lambda _, books: len(books.answers) == 1, key="k"),
    Case(
        "an e-mail to show",
        {"email": "new@example.com"},
        200,
        1,
        lambda scene, books: books.customers[scene.ann].email == "new@example.com",
    ),
    Case(
        "identifiers that come and go, and an heir",
        {"addIdentifiers": phones(OTHER_PHONE), "removeIdentifiers": [*phones(PHONE), *emails(ANN)]},
        200,
        2,
        lambda scene, books: (
            _identifiers(books, scene.ann) == {OTHER_PHONE} and _identifiers(books, scene.bob) == {BOB, PHONE}
        ),
        key="k",
    ),
    Case("a conflict", {"email": BOB}, 409, 0, lambda _, books: len(books.conflicts) == 1),
    Case("a conflict under a key", {"email": BOB}, 409, 0, lambda _, books: len(books.conflicts) == 1, key="k"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_failure_is_survived(case: Case, fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2: at every call, whatever fails there; the patch is done once, and told once."""

    def act(scene: Scene, client: Any) -> None:
        scene.replies.append(scene.patch(case.patch, case.key, client))

    def check_done(scene: Scene) -> None:
        books = audit(scene.tables)
        assert case.holds(scene, books)
        assert sum(event["type"] == "CustomerUpdated" for event in books.events) == case.events
        assert scene.replies[-1].status == case.status
        assert {reply.status for reply in scene.replies} <= {case.status, 503}

    use_case = UseCase(
        lambda: Scene(fresh_tables()), act, lambda s: s.tables.client(), lambda s: audit(s.tables), check_done
    )
    assert survive_every_failure(case.name, use_case) >= 3


def _race(calls: list[Callable[[], Reply]]) -> list[Reply]:
    start = Barrier(len(calls))

    def run(call: Callable[[], Reply]) -> Reply:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def test_racing_patches_of_different_fields_all_land(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 2: none overwrites what another one said."""
    scene = Scene(fresh_tables())
    patches: list[dict[str, Any]] = [
        {"firstName": "Anna"},
        {"lastName": "Lee"},
        {"allergies": ["nuts"]},
        {"preferences": {"wine": "red"}},
        {"address": {"city": "Napa"}},
        {"address": {"country": "US"}},
        {"email": "new@example.com"},
        {"removeIdentifiers": phones(PHONE)},
    ]
    replies = _race([partial(scene.patch, patch) for patch in patches])
    assert {reply.status for reply in replies} == {200}
    customer = audit(scene.tables).customers[scene.ann]
    assert (customer.first_name, customer.last_name, customer.allergies) == ("Anna", "Lee", ("nuts",))
    assert (customer.preferences, customer.address) == ({"wine": "red"}, {"city": "Napa", "country": "US"})
    assert (customer.email, customer.phone) == ("new@example.com", None)
    assert customer.version == len(patches) + 1


def test_one_of_many_customers_gets_an_identifier_that_all_are_to_have(
    fresh_tables: Callable[[], DynamoDBTables],
) -> None:
    """Invariant 1, under concurrency: with calls that create whom it finds at the same moment."""
    tables = fresh_tables()
    till = open_till(tables.client(), tables.names)
    for number in range(10):
        *patched, managed = _race_for(f"wanted{number}@example.com", till)
        audit(tables)
        assert {reply.status for reply in patched} <= {200, 409}
        assert sum(reply.status == 200 for reply in patched) + managed.customer["isNewAccount"] == 1


def _race_for(email: str, till: Till) -> list[Reply]:
    """Seven customers are to have the e-mail, and one call finds or creates by it, which answers last."""
    ids = [till.manage(email=f"{racer}.{email}").id for racer in range(RACERS - 1)]
    return _race([*(partial(till.patch, i, email=email) for i in ids), partial(till.manage, email=email)])


def test_a_patch_that_races_a_merge_lands_with_the_survivor(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2: whichever comes first, nothing that was answered 200 is lost."""
    tables = fresh_tables()
    till = open_till(tables.client(), tables.names)
    for number in range(10):
        email, phone, added = f"a{number}@example.com", f"+1707555{number:04d}", f"b{number}@example.com"
        first, second = till.manage(email=email).id, till.manage(phone=phone).id
        patch = partial(till.patch, second, lastName="Lee", addIdentifiers=emails(added))
        replies = _race([patch, partial(till.manage, email=email, phone=phone, mergeIfFound=True)])
        assert [reply.status for reply in replies] == [200, 200]
        customer = audit(tables).customers[first]
        assert customer.last_name == "Lee"
        assert {i.value for i in customer.identifiers} == {email, phone, added}
