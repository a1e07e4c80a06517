"""The local outbox over what MiniStack keeps, and the adapter that fills it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from starlette.applications import Starlette

from customerhub.aws.messages import AwsMessenger
from customerhub.errors import InvalidInput, RetryLater
from infra.local.emulator import Emulator
from infra.local.front_door import listening, serving
from infra.local.outbox import Outbox, verify_sender

SENDER = "no-reply@customer-hub.local"


@pytest.fixture
def messenger(ministack: Emulator, monkeypatch: pytest.MonkeyPatch) -> AwsMessenger:
    """Sends to MiniStack, which knows the sender."""
    for name, value in ministack.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    verify_sender(ministack, SENDER)
    return AwsMessenger(SENDER)


@pytest.fixture
def outbox(ministack: Emulator) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """What was sent to one address or number."""
    with listening(0) as listener, serving(Starlette(routes=Outbox(ministack).routes()), listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/local/outbox"
        yield lambda to: httpx.get(f"{url}?to={to}", trust_env=False).json()["messages"]


def test_an_email_can_be_read(messenger: AwsMessenger, outbox: Callable[[str], list[dict[str, Any]]]) -> None:
    to = f"{uuid4().hex}@example.com"
    messenger.send_email(to, "Grüße", "one")
    messenger.send_email(to, "again", "two")
    newest, oldest = outbox(to)
    assert {name: oldest[name] for name in ("channel", "to", "subject", "text")} == {
        "channel": "email",
        "to": to,
        "subject": "Grüße",
        "text": "one",
    }
    assert newest["text"] == "two"
    assert newest["sentAt"] >= oldest["sentAt"]


def test_a_text_message_can_be_read_though_its_plus_is_not_escaped(
    messenger: AwsMessenger, outbox: Callable[[str], list[dict[str, Any]]]
) -> None:
    number = f"+1707{uuid4().int % 10**7:07d}"
    messenger.send_sms(number, "one")
    for spelled in (number, number.replace("+", "%2B")):
        (message,) = outbox(spelled)
        assert (message["channel"], message["to"], message["text"]) == ("sms", number, "one")
        assert message["sentAt"].endswith("+00:00")
        assert "subject" not in message


def test_all_messages_are_listed_newest_first(
    messenger: AwsMessenger, outbox: Callable[[str], list[dict[str, Any]]]
) -> None:
    number, address = f"+1707{uuid4().int % 10**7:07d}", f"{uuid4().hex}@example.com"
    messenger.send_sms(number, "one")
    messenger.send_email(address, "s", "two")
    assert [message["to"] for message in outbox("")][:2] == [address, number]


def test_a_sender_that_ses_does_not_know_is_for_an_operator(messenger: AwsMessenger) -> None:
    with pytest.raises(ClientError, match="not verified"):
        AwsMessenger("stranger@elsewhere.example").send_email("a@example.com", "s", "t")


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("MessageRejected", 400, InvalidInput),
        ("BadRequestException", 400, InvalidInput),
        ("TooManyRequestsException", 429, RetryLater),
        ("SendingPausedException", 400, RetryLater),
        ("InternalFailure", 500, RetryLater),
        ("AccessDeniedException", 403, ClientError),
    ],
)
def test_what_a_refused_email_means(messenger: AwsMessenger, code: str, status: int, meaning: type[Exception]) -> None:
    with Stubber(messenger._ses) as ses:
        ses.add_client_error("send_email", code, "no to a@example.com", http_status_code=status)
        with pytest.raises(meaning) as raised:
            messenger.send_email("a@example.com", "s", "t")
    check_message(raised.value, "email")


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("InvalidParameter", 400, InvalidInput),
        ("Throttled", 400, RetryLater),
        ("InternalError", 500, RetryLater),
        ("AuthorizationError", 403, ClientError),
    ],
)
def test_what_a_refused_text_message_means(
    messenger: AwsMessenger, code: str, status: int, meaning: type[Exception]
) -> None:
    with Stubber(messenger._sns) as sns:
        sns.add_client_error("publish", code, "no to a@example.com", http_status_code=status)
        with pytest.raises(meaning) as raised:
            messenger.send_sms("+17075550123", "t")
    check_message(raised.value, "phone")


def check_message(error: Exception, field: str) -> None:
    """Invariant 8: what is answered names the field, and nobody."""
    if isinstance(error, InvalidInput):
        assert error.field == field
    if isinstance(error, InvalidInput | RetryLater):
        assert "example.com" not in str(error)


def test_a_time_out_may_be_tried_again(messenger: AwsMessenger) -> None:
    def time_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://sns")

    messenger._sns.meta.events.register("before-send", time_out)
    with pytest.raises(RetryLater, match="ReadTimeoutError"):
        messenger.send_sms("+17075550123", "t")


def test_a_text_message_is_transactional(messenger: AwsMessenger) -> None:
    with Stubber(messenger._sns) as sns:
        kind = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        expected = {"PhoneNumber": "+17075550123", "Message": "t", "MessageAttributes": kind}
        sns.add_response("publish", {"MessageId": "1"}, expected)
        messenger.send_sms("+17075550123", "t")
        sns.assert_no_pending_responses()
