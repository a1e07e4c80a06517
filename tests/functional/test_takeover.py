"""Invariant 7: attempts of a user to enter somebody else's account by identifiers. None succeeds.

The victim has an account with data, an e-mail and a phone, and perhaps a login. The attacker has a good token of
the same tenant, and whatever the issuer vouches for. Codes are attacked in test_takeover_codes.py, tokens in
test_takeover_tokens.py, other people's records in test_takeover_records.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest

from customerhub.domain.tenant import LinkingPolicy
from infra.local.tables import DynamoDBTables
from tests.support.till import Reply, Till, fresh_tenant, open_till, service, user_of

EMAIL, PHONE = "victim@gmail.com", "+14155550123"
SECRET = "Xanthippe"
"""Stands in every answer that shows the victim."""


@dataclass(frozen=True)
class Scene:
    """The victim's account, and where calls are made."""

    till: Till
    victim: str
    has_login: bool

    @property
    def before(self) -> dict[str, Any]:
        """The victim's record as staff see it."""
        return self.till.get(self.victim).customer

    def attack(self, vouched: Mapping[str, str] = MappingProxyType({}), **body: Any) -> Reply:
        """A call by the attacker, for whose `vouched` e-mail and phone the issuer vouches."""
        return self.till.manage(body, caller=user_of(self.till.tenant, "attacker", **vouched))

    def assert_safe(self, *replies: Reply) -> None:
        """Nobody else sees, holds or enters the victim's account; the victim still does."""
        for reply in replies:
            assert SECRET not in str(reply.body)
            assert self.victim not in str(reply.body)
        attacker = user_of(self.till.tenant, "attacker")
        assert self.till.get(self.victim, caller=attacker).status == 404
        if self.has_login:
            assert self.till.manage(caller=user_of(self.till.tenant, "victim")).id == self.victim
        for identifier in ({"email": EMAIL}, {"phone": PHONE}):
            assert self.till.manage(identifier).id == self.victim


def _scene(
    tables: DynamoDBTables, *, has_login: bool = False, email: str = EMAIL, phone: str = PHONE, **settings: Any
) -> Scene:
    """A victim of a fresh tenant, who has a login of the own or is known to the chatbot alone."""
    till = open_till(tables.client(), tables.names, fresh_tenant(**settings))
    caller = user_of(till.tenant, "victim", email=email, phone=phone) if has_login else service(till.tenant)
    named = {} if has_login else {"email": email, "phone": phone}
    data = {"firstName": SECRET, "allergies": [SECRET], "address": {"line1": SECRET}}
    return Scene(till, till.manage(named | data, caller=caller).id, has_login)


@pytest.fixture(params=[True, False], ids=["victim with login", "victim without login"])
def scene(request: pytest.FixtureRequest, dynamodb_tables: DynamoDBTables) -> Scene:
    """A victim with and without a login: to the one, a second login is a contradiction; the other one is open to it."""
    return _scene(dynamodb_tables, has_login=request.param)


TYPED = (
    {"email": EMAIL},
    {"email": EMAIL.upper()},
    {"email": f" {EMAIL} "},
    {"email": "victim@\uff47mail.com"},
    {"email": "victim@gmail\u3002com"},
    {"phone": PHONE},
    {"phone": "(415) 555-0123"},
    {"phone": "\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff12\uff13"},
    {"phone": "tel:+1-415-555-0123"},
    {"phone": "0014155550123"},
    {"email": EMAIL, "phone": PHONE},
)


@pytest.mark.parametrize("named", TYPED, ids=ascii)
@pytest.mark.parametrize("trick", [{}, {"mergeIfFound": True}, {"firstName": SECRET}], ids=["plain", "merge", "name"])
def test_an_unproven_identifier_of_the_victim_in_any_spelling(
    scene: Scene, named: dict[str, str], trick: dict[str, Any]
) -> None:
    before = scene.before
    for vouched in ({}, {"email": "attacker@example.com"}):
        reply = scene.attack(vouched, **named, **trick)
        assert reply.status in (409, 422), reply
        scene.assert_safe(reply)
    assert scene.before == before


LOOK_ALIKES = {
    "Turkish dotted capital i": "v\u0130ctim@gmail.com",
    "Turkish dotless i": "v\u0131ctim@gmail.com",
    "full-width letter": "\uff56ictim@gmail.com",
    "Cyrillic letter": "vi\u0441tim@gmail.com",
    "Cyrillic letter in the domain": "victim@gm\u0430il.com",
    "the same, as it is registered": "victim@xn--gmil-63d.com",
    "combining dot": "vi\u0307ctim@gmail.com",
    "ligature": "vic\ufb05im@gmail.com",
    "Roman numeral": "v\u2170ctim@gmail.com",
    "zero-width blank": "vic\u200btim@gmail.com",
    "zero-width joiner": "vic\u200dtim@gmail.com",
    "soft hyphen": "vic\u00adtim@gmail.com",
    "right-to-left mark": "\u200fvictim@gmail.com",
    "tag": "victim+x@gmail.com",
    "dot": "v.ictim@gmail.com",
    "other domain of the same provider": "victim@googlemail.com",
    "subdomain": "victim@mail.gmail.com",
    "suffix": "victim@gmail.com.evil.example",
    "quoted": '"victim"@gmail.com',
    "comment": "victim(x)@gmail.com",
    "two addresses": "victim@gmail.com,attacker@evil.example",
    "display name": "<victim@gmail.com>",
    "null": "victim@gmail.com\x00",
    "line end": "victim@gmail.com\nBcc: attacker@evil.example",
    "percent": "victim%gmail.com@evil.example",
    "key separator": "victim@gmail.com#CLAIM",
}


@pytest.mark.parametrize("address", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
@pytest.mark.parametrize("named", [False, True], ids=["vouched", "vouched and typed"])
def test_a_proven_look_alike_of_the_victims_email(scene: Scene, address: str, named: bool) -> None:
    before = scene.before
    typed = {"email": address} if named else {}
    scene.assert_safe(scene.attack({"email": address}, mergeIfFound=True, **typed))
    assert scene.before == before


@pytest.mark.parametrize(
    ("victims", "look_alike"),
    [
        ("kim@example.com", "\u212aim@example.com"),
        ("strasse@example.com", "stra\u00dfe@example.com"),
        ("a@strasse.de", "a@stra\u00dfe.de"),
        ("\u03c3@example.com", "\u03c2@example.com"),
        ("istanbul@example.com", "\u0130stanbul@example.com"),
        ("jose@example.com", "jos\u00e9@example.com"),
        ("ffi@example.com", "\ufb03@example.com"),
    ],
    ids=ascii,
)
def test_letters_that_some_foldings_make_the_same(
    dynamodb_tables: DynamoDBTables, victims: str, look_alike: str
) -> None:
    scene = _scene(dynamodb_tables, email=victims)
    reply = scene.attack({"email": look_alike}, mergeIfFound=True)
    assert scene.till.manage(email=victims).id == scene.victim
    assert SECRET not in str(reply.body)
    assert scene.till.get(scene.victim, caller=user_of(scene.till.tenant, "attacker")).status == 404


@pytest.mark.parametrize(
    ("victims", "look_alike"),
    [
        ("+14155550123", "+14155550123 ext 1"),
        ("+14155550123", "+14155550123;ext=0"),
        ("+14155550123", "+4414155550123"),
        ("+14155550123", "+614155550123"),
        ("+14155550123", "+524155550123"),
        ("+525512345678", "+5255123456789"),
        ("+551133334444", "+5511933334444"),
        ("+5511987654321", "+5521987654321"),
        ("+5491123456789", "+5491223456789"),
        ("+390612345678", "+39612345678"),
        ("+2250712345678", "+22507123456"),
    ],
)
def test_a_proven_look_alike_of_the_victims_phone(
    dynamodb_tables: DynamoDBTables, victims: str, look_alike: str
) -> None:
    scene = _scene(dynamodb_tables, phone=victims)
    reply = scene.attack({"phone": look_alike}, mergeIfFound=True)
    assert SECRET not in str(reply.body)
    assert scene.till.manage(phone=victims).id == scene.victim
    assert scene.till.get(scene.victim, caller=user_of(scene.till.tenant, "attacker")).status == 404


@pytest.mark.parametrize("linking", list(LinkingPolicy))
def test_the_victims_login_as_ones_own(dynamodb_tables: DynamoDBTables, linking: LinkingPolicy) -> None:
    scene = _scene(dynamodb_tables, has_login=True, linking=linking)
    for claimed in ("victim", "VICTIM", " victim", "victim\u200b"):
        reply = scene.attack({"email": "attacker@example.com"}, authUserId=claimed)
        assert (reply.status, reply.body.get("code")) == (403, "not_your_account")
        scene.assert_safe(reply)


@pytest.mark.parametrize("subject", ["Victim", "victim ", "victim\u200b", "v\u0131ctim", "vict\u0456m"])
def test_a_login_that_looks_like_the_victims(scene: Scene, subject: str) -> None:
    attacker = user_of(scene.till.tenant, subject, email="attacker@example.com")
    reply = scene.till.manage(caller=attacker)
    assert scene.till.get(scene.victim, caller=attacker).status == 404
    assert scene.till.patch(scene.victim, firstName="Mallory", caller=attacker).status == 404
    scene.assert_safe(reply)


@pytest.mark.parametrize("identifier", [{"email": "soon@example.com"}, {"phone": "+14155550199"}], ids=str)
def test_sitting_on_an_identifier_until_its_owner_comes(scene: Scene, identifier: dict[str, str]) -> None:
    """Pre-hijacking: the owner gets an account of the own, in which the attacker has no part."""
    squatted = scene.attack({}, **identifier)
    assert squatted.status == 200
    owner = user_of(scene.till.tenant, "owner", **identifier)
    account = scene.till.manage(caller=owner, firstName=SECRET)
    assert account.id != squatted.id
    attacker = user_of(scene.till.tenant, "attacker")
    assert scene.till.get(account.id, caller=attacker).status == 404
    assert SECRET not in str(scene.till.get(squatted.id, caller=attacker).body)
    assert scene.till.manage(identifier).id == account.id


@pytest.mark.parametrize("identifier", [{"email": "soon@example.com"}, {"phone": "+14155550199"}], ids=str)
def test_sitting_on_an_identifier_until_a_backend_brings_its_owners_data(
    scene: Scene, identifier: dict[str, str]
) -> None:
    squatted = scene.attack({}, **identifier)
    brought = scene.till.manage(identifier | {"firstName": SECRET, "allergies": [SECRET], "source": "shop"})
    assert brought.id != squatted.id
    assert SECRET not in str(scene.till.get(squatted.id, caller=user_of(scene.till.tenant, "attacker")).body)


def test_a_household_member_does_not_enter_the_owners_account(scene: Scene) -> None:
    """A phone that the issuer vouches for is proven, but a shared one does not say whose account is meant."""
    mate = user_of(scene.till.tenant, "mate", email="mate@example.com", phone=PHONE)
    reply = scene.till.manage(caller=mate, firstName=SECRET)
    assert reply.status in (200, 409)
    assert scene.till.get(scene.victim, caller=mate).status == 404
    assert "victim@" not in str(reply.body)


def test_the_victims_idempotency_key(dynamodb_tables: DynamoDBTables) -> None:
    """A key is its credential's own: a repeated request of somebody else is not answered with the victim's answer."""
    scene = _scene(dynamodb_tables, has_login=True)
    victim, attacker = (user_of(scene.till.tenant, subject) for subject in ("victim", "attacker"))
    first = scene.till.manage({"lastName": SECRET}, caller=victim, key="k")
    assert SECRET in str(first.body)
    stolen = scene.till.manage({"lastName": SECRET}, caller=attacker, key="k")
    assert stolen.id != first.id
    scene.till.patch(scene.victim, {"lastName": SECRET}, caller=victim, key="p")
    assert scene.till.patch(scene.victim, {"lastName": SECRET}, caller=attacker, key="p").status == 404


def test_another_tenants_key_and_token(scene: Scene) -> None:
    other = fresh_tenant()
    stranger = user_of(other, "victim", email=EMAIL, phone=PHONE)
    for caller in (stranger, service(other)):
        entered = scene.till.manage({"email": EMAIL}, caller=caller)
        assert entered.id != scene.victim
        assert scene.till.get(scene.victim, caller=caller).status == 404
        scene.assert_safe(entered)
