"""Invariant 7: attempts to read or change records by ids, cursors and fields that are not one's own. None succeeds."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from customerhub.domain.caller import UserCaller
from infra.local.tables import DynamoDBTables
from tests.bench.dynamodb_meter import DynamoDBMeter
from tests.support.audit import audit
from tests.support.code_desk import CodeDesk
from tests.support.till import Reply, Till, fresh_tenant, open_till, service, user_of

EMAIL, PHONE = "victim@example.com", "+14155550123"
SECRET = "Xanthippe"
BY_ID: dict[str, dict[str, Any] | None] = {
    "GET /api/customers/{customerId}": None,
    "PATCH /api/customers/{customerId}": {"firstName": "Mallory"},
    "DELETE /api/customers/{customerId}": None,
    "GET /api/customers/{customerId}/timeline": None,
    "GET /api/customers/{customerId}/export": None,
    "POST /api/customers/{customerId}/merge": {"otherId": "OWN"},
    "POST /api/customers/{customerId}/unmerge": {},
}


@dataclass(frozen=True)
class Scene:
    """The victim, who has been merged out of two accounts; and the attacker, with an account of the own."""

    till: Till
    victim: str
    alias: str
    attacker: UserCaller
    own: str

    def everything(self) -> dict[str, Any]:
        """The victim's record as staff see it."""
        return self.till.get(self.victim).customer

    def call(self, route: str, customer: str, body: dict[str, Any] | None) -> Reply:
        """A call by the attacker."""
        said = None if body is None else json.dumps(body).replace('"OWN"', f'"{self.own}"')
        return self.till.call(route, path={"customerId": customer}, body=said, caller=self.attacker)


@pytest.fixture
def scene(dynamodb_tables: DynamoDBTables) -> Scene:
    till = open_till(dynamodb_tables.client(), dynamodb_tables.names)
    victim = till.manage(caller=user_of(till.tenant, "victim", email=EMAIL), firstName=SECRET).id
    alias = till.manage(phone=PHONE, lastName=SECRET).id
    till.manage(email=EMAIL, phone=PHONE, mergeIfFound=True)
    attacker = user_of(till.tenant, "attacker", email="attacker@example.com")
    return Scene(till, victim, alias, attacker, till.manage(caller=attacker).id)


def _told(reply: Reply) -> tuple[int, dict[str, Any]]:
    """What a caller learns, without the request's own id."""
    return reply.status, {name: value for name, value in reply.body.items() if name != "requestId"}


@pytest.mark.parametrize("route", BY_ID)
def test_somebody_elses_record_by_id(scene: Scene, route: str) -> None:
    """Also by the id of a merged account; and the answer is that for an id which nobody has."""
    before = scene.everything()
    replies = [scene.call(route, customer, BY_ID[route]) for customer in (scene.victim, scene.alias, "nobody")]
    assert {reply.status for reply in replies} <= {403, 404}
    assert _told(replies[0]) == _told(replies[1]) == _told(replies[2])
    assert scene.everything() == before


def test_the_own_record_into_the_victims(scene: Scene) -> None:
    """A merge that a user asks for with the own account as the one that stays."""
    before = scene.everything()
    told = [_told(scene.till.merge(scene.own, other, caller=scene.attacker)) for other in (scene.victim, "nobody")]
    assert told[0] == told[1]
    assert told[0][0] == 403
    assert scene.everything() == before


def test_reading_costs_the_same_whether_there_is_somebody_or_not(dynamodb_tables: DynamoDBTables, scene: Scene) -> None:
    """Time tells nothing that the answer hides."""
    client = dynamodb_tables.client()
    till, meter = open_till(client, dynamodb_tables.names, scene.till.tenant), DynamoDBMeter(client)
    work = []
    for customer in (scene.victim, "nobody"):
        with meter.reading() as reading:
            till.get(customer, caller=scene.attacker)
        work.append(reading.work.operations)
    assert work[0] == work[1]


def test_choosing_an_identifier_tells_and_costs_the_same_whosever_it_is(
    dynamodb_tables: DynamoDBTables, scene: Scene
) -> None:
    client = dynamodb_tables.client()
    till, meter = open_till(client, dynamodb_tables.names, scene.till.tenant), DynamoDBMeter(client)
    for field, values in (("email", (EMAIL, "free@example.com")), ("phone", (PHONE, "+14155550177"))):
        told, work = [], []
        for value in values:
            with meter.reading() as reading:
                told.append(_told(till.patch(scene.own, {field: value}, caller=scene.attacker)))
            work.append(reading.work.operations)
        assert told[0] == told[1]
        assert told[0][0] == 403
        assert work[0] == work[1]


def test_a_conflict_does_not_tell_whether_two_identifiers_are_one_persons(dynamodb_tables: DynamoDBTables) -> None:
    """Two tenants, the same identifiers: of one person there, of two here."""
    answers = []
    for persons in ([{"email": EMAIL, "phone": PHONE}], [{"email": EMAIL}, {"phone": PHONE}]):
        till = open_till(dynamodb_tables.client(), dynamodb_tables.names)
        for person in persons:
            till.manage(person | {"firstName": SECRET})
        attacker = user_of(till.tenant, "attacker", email="attacker@example.com")
        tries: tuple[dict[str, Any], ...] = ({}, {"mergeIfFound": True})
        answers.append([_told(till.manage({"email": EMAIL, "phone": PHONE, **t}, caller=attacker)) for t in tries])
    assert answers[0] == answers[1]
    assert answers[0][0][0] == 409
    assert SECRET not in str(answers)


@pytest.mark.parametrize("stranger", [{"email": EMAIL}, {"phone": PHONE}], ids=str)
def test_an_error_repeats_nothing_of_the_victim(scene: Scene, stranger: dict[str, str]) -> None:
    """Invariant 8: whoever asks with bad input hears of the input alone."""
    for bad in ({"firstName": 7}, {"preferences": 7}, {"address": {"x": 1}}, {"samePerson": True}, {"source": "?"}):
        reply = scene.till.manage(stranger | bad, caller=scene.attacker)
        assert reply.status in (403, 422)
        assert not {SECRET, scene.victim, EMAIL, PHONE} & set(str(reply.body).split("'"))


INNER_FIELDS = {
    "id": "SOMEBODY",
    "_internalId": "SOMEBODY",
    "customerId": "SOMEBODY",
    "tenant": "winery",
    "tenantId": "winery",
    "grade": "VERIFIED",
    "owned": True,
    "preferred": True,
    "verified": True,
    "emailVerified": True,
    "identifiers": [{"kind": "email", "value": EMAIL, "grade": "VERIFIED", "owned": True}],
    "keptApart": [],
    "kept_apart": [],
    "formerIds": ["SOMEBODY"],
    "householdId": "x",
    "membership": "x",
    "accountSources": ["staff"],
    "createdVia": "staff",
    "version": 1,
    "scopes": ["customers:merge"],
    "role": "SUPER_ADMIN",
    "caller": {"kind": "trusted"},
    "__proto__": {"role": "SUPER_ADMIN"},
    "first_name": "Mallory",
}
WITH_BODIES: dict[str, dict[str, Any]] = {
    "POST /functions/v1/customer-management": {"email": "own@example.com"},
    "PATCH /api/customers/{customerId}": {"firstName": "Ann"},
    "POST /api/customers/{customerId}/merge": {"otherId": "SOMEBODY"},
    "POST /api/customers/{customerId}/unmerge": {},
    "POST /api/conflicts/{conflictId}/resolve": {"decision": "keep_separate"},
}


@pytest.mark.parametrize("field", INNER_FIELDS)
@pytest.mark.parametrize("route", WITH_BODIES)
def test_mass_assignment(scene: Scene, route: str, field: str) -> None:
    """A field that only the hub may set is refused by name, by whomever it is sent."""
    before = scene.everything()
    body = WITH_BODIES[route] | {field: INNER_FIELDS[field]}
    text = json.dumps(body).replace('"SOMEBODY"', f'"{scene.victim}"')
    path = {"customerId": scene.own, "conflictId": "0" * 32}
    for caller in (scene.attacker, service(scene.till.tenant)):
        reply = scene.till.call(route, path=path, body=text, caller=caller)
        assert (reply.status, reply.body["code"]) == (422, "invalid_input")
        assert reply.body["field"] in (field, "body"), "a name that is no field's is not repeated"
    assert scene.everything() == before


@pytest.mark.parametrize("extra", ["grade", "owned", "verified", "preferred", "source"])
def test_mass_assignment_within_an_identifier(scene: Scene, extra: str) -> None:
    added = {"kind": "email", "value": "new@example.com", extra: "VERIFIED"}
    reply = scene.till.patch(scene.own, addIdentifiers=[added])
    assert (reply.status, reply.body["field"]) == (422, f"addIdentifiers.0.{extra}")


@pytest.mark.parametrize("field", sorted(INNER_FIELDS.keys() - {"caller"}))
def test_mass_assignment_of_a_verification(dynamodb_tables: DynamoDBTables, field: str) -> None:
    desk, attacker = CodeDesk(dynamodb_tables), user_of(fresh_tenant(), "attacker")
    sent = desk.send(attacker, email=EMAIL)
    replies = [
        desk.send(attacker, email=EMAIL, **{field: INNER_FIELDS[field]}),
        desk.answer(sent, desk.outbox.code, attacker, **{field: INNER_FIELDS[field]}),
    ]
    assert [(reply.status, reply.body["code"]) for reply in replies] == [(422, "invalid_input")] * 2


ODD_IDS = ("x" * 3000, "\u00e9" * 1000, "\x00", "../../AUTH#TENANT#x", "a#PROFILE", "%2e%2e", "' OR 1=1", "{}", " ")


@pytest.mark.parametrize("text", ODD_IDS, ids=lambda text: ascii(text[:20]))
def test_an_id_that_is_none_leads_nowhere(scene: Scene, text: str) -> None:
    """Neither out of the tenant's keys, nor to a fault."""
    ids = dict.fromkeys(("customerId", "conflictId", "erasureId"), text)
    more: dict[str, dict[str, Any] | None] = {
        "GET /api/conflicts/{conflictId}": None,
        "POST /api/conflicts/{conflictId}/resolve": {"decision": "keep_separate"},
        "GET /api/erasures/{erasureId}": None,
    }
    for route, body in (BY_ID | more).items():
        said = None if body is None else json.dumps(body).replace("OWN", scene.own)
        reply = scene.till.call(route, path=ids, body=said)
        assert reply.status == 404, route


# Cursors and previews.


def _names(tables: DynamoDBTables, tenant: Any, count: int = 3) -> Till:
    till = open_till(tables.client(), tables.names, tenant)
    for number in range(count):
        till.manage(email=f"{number}.{till.tenant.id}@example.com", firstName=f"{SECRET}{number}")
    return till


def _flipped(cursor: str) -> str:
    sealed = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    sealed[len(sealed) // 2] ^= 1
    return base64.urlsafe_b64encode(bytes(sealed)).rstrip(b"=").decode()


def _made(content: Any) -> Callable[[str], str]:
    return lambda _: base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


TAMPERED: dict[str, Callable[[str], str]] = {
    "a flipped bit": _flipped,
    "without its end": lambda cursor: cursor[:-4],
    "with another end": lambda cursor: f"{cursor}AAAA",
    "empty": lambda _: "",
    "zeros": lambda _: "A" * 64,
    "no base64": lambda _: "../../etc/passwd",
    "a key of DynamoDB's": _made({"PK": {"S": "T#other#C#victim"}, "SK": {"S": "PROFILE"}}),
    "a position": _made(["T#other#0", ""]),
    "too long": lambda cursor: cursor * 100,
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
@pytest.mark.parametrize("list_name", ["search", "activity", "timeline"])
def test_cursor_tampering(dynamodb_tables: DynamoDBTables, list_name: str, tamper: Callable[[str], str]) -> None:
    till = _names(dynamodb_tables, fresh_tenant())
    account = till.manage(email=f"0.{till.tenant.id}@example.com", phone=PHONE).id
    lists: dict[str, Callable[..., Reply]] = {
        "search": lambda **query: till.search(SECRET, limit=1, **query),
        "activity": lambda **query: till.search(limit=1, **query),
        "timeline": lambda **query: till.timeline(account, limit=1, **query),
    }
    page = lists[list_name]()
    assert page.status == 200
    good = page.body["nextCursor"]
    assert good
    reply = lists[list_name](cursor=tamper(good))
    assert (reply.status, reply.body["field"]) == (422, "cursor")
    assert lists[list_name](cursor=good).status == 200


def test_another_tenants_cursor(dynamodb_tables: DynamoDBTables) -> None:
    ours, theirs = (_names(dynamodb_tables, fresh_tenant()) for _ in range(2))
    stolen = ours.search(SECRET, limit=1).body["nextCursor"]
    reply = theirs.search(SECRET, limit=1, cursor=stolen)
    assert (reply.status, reply.body["field"]) == (422, "cursor")


def test_a_cursor_of_another_list(dynamodb_tables: DynamoDBTables) -> None:
    till = _names(dynamodb_tables, fresh_tenant())
    cursor = till.search(SECRET, limit=1).body["nextCursor"]
    account = till.manage(email=f"0.{till.tenant.id}@example.com").id
    for reply in (till.search(limit=1, cursor=cursor), till.timeline(account, limit=1, cursor=cursor)):
        assert (reply.status, reply.body["field"]) == (422, "cursor")


def test_the_victims_timeline_with_a_cursor_of_the_own(scene: Scene) -> None:
    scene.till.manage(caller=scene.attacker, firstName="Mallory")
    cursor = scene.till.timeline(scene.own, caller=scene.attacker, limit=1).body["nextCursor"]
    assert cursor
    assert scene.till.timeline(scene.victim, caller=scene.attacker, limit=1, cursor=cursor).status in (404, 422)


def test_a_merge_preview_gives_nothing_that_could_be_stolen(scene: Scene) -> None:
    """A preview is read, not redeemed: it names no token, and the merge itself asks for the scope again."""
    other = scene.till.manage(email="other@example.com").id
    preview = scene.till.merge(scene.victim, other, dryRun=True)
    assert preview.status == 200
    assert not [name for name in _field_names(preview.body) if "token" in name.lower() or "signature" in name.lower()]
    for body in ({"preview": preview.body}, {"otherId": other, "token": "x"}, {"otherId": other, "preview": {}}):
        reply = scene.till.call(
            "POST /api/customers/{customerId}/merge", path={"customerId": scene.victim}, body=json.dumps(body)
        )
        assert reply.status == 422
    weak = service(scene.till.tenant, scopes=frozenset())
    for caller in (scene.attacker, weak):
        for dry_run in (True, False):
            assert scene.till.merge(scene.victim, other, dryRun=dry_run, caller=caller).status == 403
    assert scene.till.get(other).id == other


def _field_names(body: Any) -> list[str]:
    if isinstance(body, dict):
        return [name for key, value in body.items() for name in (key, *_field_names(value))]
    return [name for value in body for name in _field_names(value)] if isinstance(body, list) else []


def test_nothing_of_all_this_is_left_behind(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 1 after a round of attacks, over everything that the tables hold."""
    tables = fresh_tables()
    till = open_till(tables.client(), tables.names)
    victim = till.manage(email=EMAIL, phone=PHONE, firstName=SECRET).id
    before = audit(tables)
    for subject in ("a", "b"):
        attacker = user_of(till.tenant, subject)
        for identifier in ({"email": EMAIL}, {"phone": PHONE}, {"email": EMAIL, "phone": PHONE, "mergeIfFound": True}):
            assert till.manage(identifier, caller=attacker).status == 409
            assert till.patch(victim, identifier, caller=attacker).status in (404, 422)
    assert audit(tables).people == before.people
    assert not audit(tables).conflicts
