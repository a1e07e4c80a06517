"""Invariant 7: attacks on one-time codes. None of them opens an account, nor tells whether there is one."""

import pytest

from customerhub.domain.identifier import Grade, Kind
from infra.local.tables import DynamoDBTables
from tests.support.code_desk import CodeDesk, user_of
from tests.support.till import Reply, fresh_tenant, service

VICTIM, ATTACKER = "+17075550123", "+17075550199"
VICTIM_EMAIL = "victim@example.com"


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> CodeDesk:
    """The desk of a fresh tenant, which knows the victim."""
    desk = CodeDesk(dynamodb_tables)
    victim = desk.manage(service(desk.tenant), phone=VICTIM, email=VICTIM_EMAIL, firstName="Vic", source="shop")
    assert victim.status == 200
    return desk


def assert_victim_is_safe(desk: CodeDesk) -> None:
    """The attacker's token opens nothing of the victim's, who still owns both identifiers as before."""
    attacker = user_of(desk.tenant, "attacker")
    for identifier in ({"phone": VICTIM}, {"email": VICTIM_EMAIL}):
        assert desk.manage(attacker, **identifier, mergeIfFound=True).status == 409
    phone, email = desk.claim(Kind.PHONE, VICTIM), desk.claim(Kind.EMAIL, VICTIM_EMAIL)
    assert phone
    assert email
    assert phone.owner == email.owner
    assert (phone.grade, email.grade) == (Grade.ASSERTED, Grade.ASSERTED)


def is_unknown(reply: Reply) -> bool:
    return reply.status == 404 and reply.body["code"] == "not_found"


def test_guessing_ends_after_five_tries(desk: CodeDesk) -> None:
    attacker = user_of(desk.tenant, "attacker")
    sent = desk.send(attacker, phone=VICTIM)
    codes = [desk.answer(sent, desk.wrong_code(number), attacker).body["code"] for number in range(7)]
    assert codes == ["wrong_code"] * 5 + ["too_many_tries"] * 2
    assert desk.answer(sent, desk.outbox.code, attacker).status == 422
    assert_victim_is_safe(desk)


def test_new_codes_for_more_guesses_run_out(desk: CodeDesk) -> None:
    """25 guesses an hour and 50 a day at a million codes, however many tokens the attacker has."""
    guesses = 0
    for number in range(8):
        attacker = user_of(desk.tenant, f"attacker-{number}")
        sent = desk.send(attacker, phone=VICTIM)
        if sent.status != 202:
            continue
        replies = [desk.answer(sent, desk.wrong_code(guess), attacker) for guess in range(6)]
        guesses += sum(reply.body["code"] == "wrong_code" for reply in replies)
    assert guesses == 25
    assert_victim_is_safe(desk)


def test_anothers_verification_cannot_be_answered(desk: CodeDesk) -> None:
    """Not even with the right code, which a thief may have read over a shoulder; and not an answer of it is told."""
    victim = user_of(desk.tenant, "victim")
    sent = desk.send(victim, phone=VICTIM)
    for thief in (user_of(desk.tenant, "attacker"), service(desk.tenant)):
        assert is_unknown(desk.answer(sent, desk.outbox.code, thief))
        assert is_unknown(desk.answer(sent, desk.wrong_code(), thief))
    assert_victim_is_safe(desk)
    assert desk.answer(sent, desk.outbox.code, victim).status == 200, "a thief's tries do not count"


def test_an_unknown_id_looks_like_anothers(desk: CodeDesk) -> None:
    attacker = user_of(desk.tenant, "attacker")
    real = desk.send(user_of(desk.tenant, "victim"), phone=VICTIM).body["verificationId"]
    made_up = [
        real[:-1] + ("0" if real[-1] != "0" else "1"),
        f"{'0' * 64}-{'0' * 32}",
        "x",
        "#",
        real.upper(),
        "a" * 9000,
    ]
    bodies = [desk.answer(id_, "123456", attacker).body for id_ in (real, *made_up)]
    assert len({str(body | {"requestId": ""}) for body in bodies}) == 1
    assert bodies[0]["code"] == "not_found"


def test_a_replayed_code_is_a_thiefs_only_gain_of_nothing(desk: CodeDesk) -> None:
    victim, attacker = user_of(desk.tenant, "victim"), user_of(desk.tenant, "attacker")
    sent = desk.send(victim, phone=VICTIM)
    old = desk.outbox.code
    assert desk.answer(sent, old, victim).status == 200
    assert is_unknown(desk.answer(sent, old, attacker))
    own = desk.send(attacker, phone=VICTIM)
    if desk.outbox.code != old:
        assert desk.answer(own, old, attacker).body["code"] == "wrong_code"
    assert desk.manage(attacker, phone=VICTIM, mergeIfFound=True).status == 409


def test_an_old_code_opens_nothing_for_whom_it_was_sent_to_neither(desk: CodeDesk) -> None:
    attacker = user_of(desk.tenant, "attacker")
    sent = desk.send(attacker, phone=VICTIM)
    desk.clock.advance(minutes=10)
    assert desk.answer(sent, desk.outbox.code, attacker).body["code"] == "code_expired"
    assert_victim_is_safe(desk)


def test_another_tenants_verification_is_unknown(desk: CodeDesk) -> None:
    """Even to the same subject at another merchant."""
    attacker = user_of(desk.tenant, "attacker")
    sent = desk.send(attacker, phone=VICTIM)
    elsewhere = fresh_tenant()
    for stranger in (user_of(elsewhere, "attacker"), service(elsewhere)):
        assert is_unknown(desk.answer(sent, desk.outbox.code, stranger))
    other = CodeDesk(desk.tables, tenant=elsewhere, outbox=desk.outbox)
    assert other.prove(user_of(elsewhere, "attacker"), phone=VICTIM).status == 200
    assert_victim_is_safe(desk)


def test_a_code_proves_the_identifier_that_it_was_sent_to_and_no_other(desk: CodeDesk) -> None:
    attacker = user_of(desk.tenant, "attacker")
    assert desk.prove(attacker, phone=ATTACKER).status == 200
    assert_victim_is_safe(desk)
    own = desk.send(attacker, phone=ATTACKER)
    code = desk.outbox.code
    victims = desk.send(attacker, phone=VICTIM)
    if desk.outbox.code != code:
        assert desk.answer(victims, code, attacker).body["code"] == "wrong_code"
    assert desk.answer(own, code, attacker).status == 200
    assert_victim_is_safe(desk)


def test_a_body_that_names_another_identifier_is_refused(desk: CodeDesk) -> None:
    attacker = user_of(desk.tenant, "attacker")
    sent = desk.send(attacker, phone=ATTACKER)
    for smuggled in ({"phone": VICTIM}, {"email": VICTIM_EMAIL}, {"authUserId": "victim"}):
        reply = desk.answer(sent, desk.outbox.code, attacker, **smuggled)
        assert (reply.status, reply.body["field"]) == (422, next(iter(smuggled)))
    assert_victim_is_safe(desk)


@pytest.mark.parametrize(
    "lookalike",
    ["vict\u0456m@example.com", "victim@ex\u0430mple.com", "victim+1@example.com", "v.ictim@example.com"],
)
def test_an_address_that_looks_like_the_victims_is_another_one(desk: CodeDesk, lookalike: str) -> None:
    """Cyrillic letters, tags and dots: what was sent there proves that address alone."""
    attacker = user_of(desk.tenant, "attacker")
    assert desk.prove(attacker, email=lookalike).status == 200
    assert_victim_is_safe(desk)


def test_a_message_goes_where_the_identifier_says(desk: CodeDesk) -> None:
    """No spelling of the victim's address makes the hub send the victim's code elsewhere."""
    attacker = user_of(desk.tenant, "attacker")
    for spelling in ("VICTIM@EXAMPLE.COM", " victim@example.com "):
        desk.send(attacker, email=spelling)
    assert {to.lower() for to, _ in desk.outbox.sent} == {VICTIM_EMAIL}
    for injected in (f"{VICTIM_EMAIL},a@evil.example", f"{VICTIM_EMAIL}\nBcc: a@evil.example", f"<{VICTIM_EMAIL}>"):
        assert desk.send(attacker, email=injected).status == 422
    assert desk.send(attacker, phone=f"{VICTIM},{ATTACKER}").status == 422


@pytest.mark.parametrize(
    ("known", "unknown"),
    [({"phone": VICTIM}, {"phone": "+17075550124"}), ({"email": VICTIM_EMAIL}, {"email": "vanish@example.com"})],
)
@pytest.mark.parametrize("by_user", [True, False])
def test_asking_for_a_code_tells_nothing_of_who_is_known(
    desk: CodeDesk, known: dict[str, str], unknown: dict[str, str], by_user: bool
) -> None:
    """The same answer, message and headers, byte for byte but for the id and the masked recipient; so for wrong
    answers."""
    caller = user_of(desk.tenant, "attacker") if by_user else service(desk.tenant)
    told = []
    for asked in (known, unknown):
        sent = desk.send(caller, **asked)
        wrong = desk.answer(sent, desk.wrong_code(), caller)
        text = desk.outbox.sent[-1][1].replace(desk.outbox.code, "")
        body = sent.body | {"verificationId": "", "sentTo": sent.body["sentTo"].replace("24", "23")}
        told.append((sent.status, body, sent.headers, wrong.status, wrong.body | {"requestId": ""}, text))
    assert told[0] == told[1]


def test_what_the_answer_leads_to_is_masked_for_a_user(desk: CodeDesk) -> None:
    """A proven phone of two people does not show who they are."""
    desk.manage(service(desk.tenant), phone=VICTIM, email="second@example.com", firstName="Sam", samePerson=False)
    attacker = user_of(desk.tenant, "attacker", email="attacker@example.com")
    reply = desk.prove(attacker, phone=VICTIM)
    assert reply.body["verified"] is True
    assert "customer" not in reply.body
    assert not any(word in str(reply.body) for word in ("Vic", "Sam", VICTIM, VICTIM_EMAIL, "second@"))


def test_a_proof_belongs_to_the_credential_that_gave_it(desk: CodeDesk) -> None:
    """A backend that verified a phone for one person does not thereby open it to whoever else has a token."""
    assert desk.prove(service(desk.tenant), phone=VICTIM).status == 200
    assert desk.manage(user_of(desk.tenant, "attacker"), phone=VICTIM, mergeIfFound=True).status == 409
