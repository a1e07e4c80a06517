"""Codes, their tries, and where they may be sent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from customerhub.domain.code_message import code_message
from customerhub.domain.identifier import Kind
from customerhub.domain.send_limit import send_limits
from customerhub.domain.verification import (
    LIFETIME,
    MAX_TRIES,
    PROOF_LIFETIME,
    Recipient,
    Verification,
    new_verification,
    read_recipient,
)
from customerhub.errors import InvalidInput, TooManyRequests
from tests.support.people import NOW, SERVICE, TENANT, user

MOMENT = timedelta(microseconds=1)


def fresh(**recipient: str) -> tuple[Verification, str]:
    return new_verification(recipient_of(**recipient or {"phone": "+17075550123"}), SERVICE, NOW)


def recipient_of(email: str | None = None, phone: str | None = None) -> Recipient:
    return read_recipient(email, phone, TENANT)


def refusal(verification: Verification, code: str, tries: int) -> str:
    with pytest.raises(InvalidInput) as refused:
        verification.require_code(code, tries, TENANT)
    assert refused.value.field == "code"
    return refused.value.code


def test_a_code_has_six_digits_and_is_kept_as_a_keyed_hash() -> None:
    verification, code = fresh()
    assert len(code) == 6
    assert code.isdecimal()
    assert code not in repr(verification).replace(verification.id, "").replace(verification.code_hash, "")
    assert verification.opens_with(code, TENANT)
    assert not verification.opens_with(code, replace(TENANT, hash_key="0" * 64))


def test_codes_and_ids_are_random() -> None:
    verifications = [fresh() for _ in range(200)]
    assert len({code for _, code in verifications}) > 190
    assert len({verification.id for verification, _ in verifications}) == 200
    assert len({verification.code_hash for verification, _ in verifications}) == 200


def test_leading_zeros_count() -> None:
    """One code in ten begins with one."""
    assert any(fresh()[1].startswith("0") for _ in range(300))


def test_the_right_code_opens_up_to_the_last_try() -> None:
    verification, code = fresh()
    verification.require_code(code, MAX_TRIES, TENANT)
    assert refusal(verification, code, MAX_TRIES + 1) == "too_many_tries"


def test_a_wrong_code_is_told_how_many_tries_are_left() -> None:
    verification, code = fresh()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    said = []
    for tries in range(1, MAX_TRIES + 1):
        with pytest.raises(InvalidInput) as refused:
            verification.require_code(wrong, tries, TENANT)
        said.append(refused.value.message)
        assert refused.value.code == "wrong_code"
    assert "4 tries are left" in said[0]
    assert "1 try is left" in said[3]
    assert "0 tries are left" in said[4]


def test_a_code_ends_after_ten_minutes_and_its_answer_with_the_proof() -> None:
    verification, _ = fresh()
    verification.require_answerable(NOW + LIFETIME - MOMENT)
    with pytest.raises(InvalidInput, match="expired") as expired:
        verification.require_answerable(NOW + LIFETIME)
    used = replace(verification, used_at=NOW + LIFETIME - MOMENT)
    used.require_answerable(NOW + LIFETIME + PROOF_LIFETIME - 2 * MOMENT)
    with pytest.raises(InvalidInput, match="used") as gone:
        used.require_answerable(NOW + LIFETIME + PROOF_LIFETIME)
    assert (expired.value.code, gone.value.code) == ("code_expired", "code_used")


def test_a_used_code_is_called_used_whatever_is_wrong() -> None:
    verification, code = fresh()
    used = replace(verification, used_at=NOW)
    used.require_code(code, 2, TENANT)
    assert refusal(used, f"{(int(code) + 1) % 10**6:06}", 2) == "code_used"
    assert refusal(used, code, MAX_TRIES + 1) == "code_used"


@pytest.mark.parametrize(
    ("given", "kind", "value", "address"),
    [
        ({"email": " John@Example.COM "}, Kind.EMAIL, "john@example.com", "John@example.com"),
        ({"email": "john@bücher.example"}, Kind.EMAIL, "john@xn--bcher-kva.example", "john@xn--bcher-kva.example"),
        ({"phone": "(707) 555-0123"}, Kind.PHONE, "+17075550123", "+17075550123"),
        ({"phone": "+52 1 55 1234 5678"}, Kind.PHONE, "+525512345678", "+5215512345678"),
    ],
)
def test_a_recipient_is_read_as_identity_reads_it(given: dict[str, str], kind: Kind, value: str, address: str) -> None:
    recipient = recipient_of(**given)
    assert recipient.key == (kind, value)
    assert recipient.address == address
    assert recipient_of(**{next(iter(given)): recipient.shown}).key == recipient.key


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({}, "identifier_required", "phone"),
        ({"email": "a@example.com", "phone": "+17075550123"}, "identifier_required", "phone"),
        ({"email": "noreply@example.com"}, "identifies_nobody", "email"),
        ({"email": "x"}, "invalid_email", "email"),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, "invalid_email", "email"),
        ({"email": "a@example.com,b@example.com"}, "invalid_email", "email"),
        ({"phone": "0000000000"}, "identifies_nobody", "phone"),
        ({"phone": "1-800-FLOWERS"}, "identifies_nobody", "phone"),
        ({"phone": "+17075550123 ext. 7"}, "identifies_nobody", "phone"),
        ({"phone": "12"}, "invalid_phone", "phone"),
    ],
)
def test_nothing_is_sent_where_nobody_in_particular_reads_it(given: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        recipient_of(**given)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_the_message_names_the_merchant_and_warns_and_links_nowhere() -> None:
    message = code_message("012345", "Winery\nof  the Hills")
    for text in (message.email_text, message.sms_text):
        assert text.startswith("012345 is your code for Winery of the Hills")
        assert "Never share this code" in text
        assert "http" not in text
    assert "\n" not in message.subject
    assert "012345" not in message.subject


def test_a_text_message_stays_one_message() -> None:
    """160 characters of the GSM alphabet."""
    assert len(code_message("012345", "W" * 200).sms_text) <= 160


def test_a_user_has_a_limit_of_the_own_before_those_of_the_recipient() -> None:
    recipient = recipient_of(phone="+17075550123")
    by_user, by_service = send_limits(recipient, user("u")), send_limits(recipient, SERVICE)
    assert by_user[1:] == by_service
    assert [(limit.sends, limit.window_s) for limit in by_user] == [(10, 3600), (5, 3600), (10, 86400)]
    assert "+1707" not in repr(by_user)


def test_a_limit_says_when_its_window_ends() -> None:
    limit = send_limits(recipient_of(phone="+17075550123"), SERVICE)[0]
    limit.require(5, NOW)
    with pytest.raises(TooManyRequests) as refused:
        limit.require(6, NOW + timedelta(minutes=59, seconds=30))
    assert (refused.value.limit, refused.value.retry_after_s, refused.value.window_s) == (5, 30, 3600)
