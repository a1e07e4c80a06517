"""Invariant 6: no path brings an erased person back but an own proof, whatever is under way at the time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from customerhub.deployment import WORK_TABLE_VARIABLE
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CredentialId
from customerhub.domain.tenant import LinkingPolicy, Tenant
from customerhub.domain.verification import Proof, ProofKey
from customerhub.store.proofs import put_proof
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.forgotten import mentions
from tests.support.intruder import Intruded, steps
from tests.support.one_client import with_one_client
from tests.support.till import Reply, Till, fresh_tenant, open_till, service, user_of

ANN: dict[str, Any] = {"email": "ann.archer@example.com", "phone": "+17075550101", "authUserId": "auth-ann"}
ANN_NAMED = ANN | {"firstName": "Annabella", "lastName": "Archer"}
WORDS = ("ann.archer", "7075550101", "auth-ann", "annabella", "archer")
BOB: dict[str, Any] = {"email": "bob@example.com", "authUserId": "auth-bob", "firstName": "Bob"}


@pytest.fixture
def tables(fresh_tables: Callable[[], DynamoDBTables]) -> DynamoDBTables:
    return with_one_client(fresh_tables())


@pytest.fixture
def till(tables: DynamoDBTables) -> Till:
    return open_till(tables.client(), tables.names)


@pytest.fixture
def erased(till: Till) -> str:
    """The id that Ann had."""
    customer = till.manage(ANN_NAMED, key="first").id
    assert till.erase(customer).status == 200
    return customer


@pytest.mark.parametrize(
    "call",
    [
        {"email": ANN["email"]},
        {"email": ANN["email"].upper(), "firstName": "Annabella"},
        {"phone": "(707) 555-0101"},
        {"authUserId": ANN["authUserId"]},
        ANN_NAMED | {"mergeIfFound": True},
        {"email": ANN["email"], "phone": "+17075550199"},
        {"phone": ANN["phone"], "email": "new@example.com", "samePerson": False},
        {"phone": ANN["phone"], "samePerson": True},
    ],
    ids=["email", "other case", "phone", "user", "merge", "new phone", "another person", "same person"],
)
def test_invariant_6_no_service_brings_the_person_back(
    till: Till, tables: DynamoDBTables, erased: str, call: dict[str, Any]
) -> None:
    reply = till.manage(call)
    assert (reply.status, reply.body["code"]) == (410, "person_erased")
    assert not any(word in str(reply.body).casefold() for word in WORDS)
    assert audit(tables).customers == {}
    assert mentions(tables, WORDS) == []


def test_invariant_6_a_repeated_request_brings_nobody_back(till: Till, tables: DynamoDBTables) -> None:
    caller = service(till.tenant)
    customer = till.manage(ANN_NAMED, caller=caller, key="once").id
    till.erase(customer)
    assert till.manage(ANN_NAMED, caller=caller, key="once").status == 410
    assert mentions(tables, WORDS) == []


@pytest.mark.parametrize("fields", [{"email": ANN["email"]}, {"phone": ANN["phone"]}], ids=["email", "phone"])
def test_invariant_6_nobody_else_gets_what_was_the_persons(
    till: Till, tables: DynamoDBTables, erased: str, fields: dict[str, Any]
) -> None:
    bob = till.manage(BOB).id
    assert till.patch(bob, fields).status == 410
    assert till.manage(BOB | fields).id == bob, "what is known leads to Bob, and the rest is ignored"
    assert mentions(tables, WORDS) == []
    audit(tables)


def test_invariant_6_who_is_asked_to_lose_what_was_the_persons_keeps_no_trace_of_it(
    till: Till, tables: DynamoDBTables, erased: str
) -> None:
    bob = till.manage(BOB).id
    named = [{"kind": "email", "value": ANN["email"]}, {"kind": "phone", "value": ANN["phone"]}]
    assert till.patch(bob, firstName="Robert", removeIdentifiers=named).status == 200
    assert mentions(tables, WORDS) == []


def test_invariant_6_a_conflict_of_others_keeps_no_trace_of_the_person(
    till: Till, tables: DynamoDBTables, erased: str
) -> None:
    till.manage(BOB)
    till.manage(email="cid@example.com")
    found = till.manage(email="cid@example.com", phone=ANN["phone"], authUserId=BOB["authUserId"])
    assert found.status == 409
    assert mentions(tables, WORDS) == []


def test_invariant_6_what_a_token_proved_in_a_conflict_of_others_is_forgotten_as_well(
    till: Till, tables: DynamoDBTables
) -> None:
    user = user_of(till.tenant, "auth-cid", email=ANN["email"], phone="+17075550102")
    till.manage(phone="+17075550102", authUserId="auth-dan")
    assert till.manage(email="cid@example.com", phone="+17075550102", caller=user).status == 409
    assert till.erase(till.manage(email=ANN["email"]).id).status == 200
    assert mentions(tables, [ANN["email"]]) == []


@pytest.mark.parametrize("linking", list(LinkingPolicy))
def test_invariant_6_a_strangers_word_brings_nobody_back(tables: DynamoDBTables, linking: LinkingPolicy) -> None:
    till = open_till(tables.client(), tables.names, fresh_tenant(linking=linking))
    till.erase(till.manage(ANN_NAMED).id)
    mallory = user_of(till.tenant, "auth-mallory", email="mallory@example.com")
    assert till.manage(email=ANN["email"], phone=ANN["phone"], caller=mallory).status == 200
    assert mentions(tables, WORDS) == []


def test_the_person_comes_back_with_an_own_token(till: Till, tables: DynamoDBTables, erased: str) -> None:
    ann = user_of(till.tenant, ANN["authUserId"], email=ANN["email"])
    back = till.manage(caller=ann, firstName="Annabella")
    assert back.customer["isNewAccount"]
    assert back.id != erased
    assert (back.customer["email"], back.customer["lastName"]) == (ANN["email"], None)
    assert till.manage(email=ANN["email"]).id == back.id, "from now on services find her too"
    assert till.manage(phone=ANN["phone"]).status == 410, "she has not proven that one"
    assert till.get(erased).status == 410
    audit(tables)


def test_the_person_comes_back_with_an_own_code(till: Till, tables: DynamoDBTables, erased: str) -> None:
    """Under another account of the identity provider, which vouches for nothing."""
    newcomer = user_of(till.tenant, "auth-ann-2")
    prove(tables, till.tenant, newcomer.credential, IdentifierKey(Kind.PHONE, ANN["phone"]))
    back = till.manage(phone=ANN["phone"], caller=newcomer)
    assert back.customer["isNewAccount"]
    assert back.customer["phone"] == ANN["phone"]
    assert till.manage(phone=ANN["phone"]).id == back.id
    audit(tables)


def test_who_came_back_can_be_erased_again(till: Till, tables: DynamoDBTables, erased: str) -> None:
    back = till.manage(caller=user_of(till.tenant, ANN["authUserId"], email=ANN["email"])).id
    assert till.erase(back).body["erasure"]["customerId"] == back
    assert till.erase(erased).body["erasure"]["customerId"] == erased
    assert mentions(tables, WORDS) == []


def prove(tables: DynamoDBTables, tenant: Tenant, credential: CredentialId, key: IdentifierKey) -> None:
    proof = Proof(ProofKey(credential, key), datetime.now(UTC))
    Database(tables.client()).put(put_proof(tables.names[WORK_TABLE_VARIABLE], tenant, proof))


@dataclass(frozen=True)
class Scene:
    """Ann and Bob, who do not know each other."""

    tables: DynamoDBTables
    till: Till
    ann: str
    bob: str

    def through(self, client: Any) -> "Scene":
        """The same, called by way of another client."""
        return replace(self, till=open_till(client, self.tables.names, self.till.tenant))

    def erase(self) -> None:
        assert self.till.erase(self.ann).status == 200


UNDERWAY: dict[str, Callable[[Scene], Reply]] = {
    "update": lambda s: s.till.manage(email=ANN["email"], allergies=["nuts"]),
    "look up under a key": lambda s: s.till.manage(email=ANN["email"], key="k"),
    "add an identifier": lambda s: s.till.manage(email=ANN["email"], phone="+17075550177", key="k"),
    "conflict": lambda s: s.till.manage(email=ANN["email"], authUserId="auth-bob", key="k"),
    "change": lambda s: s.till.patch(s.ann, {"firstName": "Annabella Maria"}),
    "merge": lambda s: s.till.merge(s.ann, s.bob),
    "be merged": lambda s: s.till.merge(s.bob, s.ann),
    "export": lambda s: s.till.export(s.ann),
    "erase": lambda s: s.till.erase(s.ann),
    "share": lambda s: s.till.manage({**BOB, "phone": ANN["phone"], "samePerson": False}),
    "prove": lambda s: s.till.manage(caller=user_of(s.till.tenant, "auth-bob", phone=ANN["phone"])),
}
HANDED_ON = ("share", "prove")
"""Here Bob may have Ann's number by his own right in the end."""


@pytest.mark.parametrize("name", UNDERWAY)
def test_invariant_6_whatever_is_under_way(fresh_tables: Callable[[], DynamoDBTables], name: str) -> None:
    """The erasure takes place before each step of the call, and after it: nothing of Ann is there in the end."""

    def arrange() -> Scene:
        tables = with_one_client(fresh_tables())
        till = open_till(tables.client(), tables.names)
        # Two auth users cannot be merged.
        bob = {"email": BOB["email"]} if "merge" in name else BOB
        return Scene(tables, till, till.manage(ANN_NAMED).id, till.manage(bob).id)

    call, first = UNDERWAY[name], arrange()
    words = [word for word in WORDS if word != "7075550101" or name not in HANDED_ON]
    for at in steps(lambda client: call(first.through(client)), first.tables.client):
        scene = arrange()
        call(scene.through(Intruded(scene.tables.client(), at, scene.erase)))
        scene.erase()
        assert mentions(scene.tables, words) == [], f"invariant 6: at step {at}"
        audit(scene.tables)
