"""Messages to people: e-mail by SES (API v2), text messages by SNS. Neither content nor recipient is ever logged."""

from functools import cached_property
from http import HTTPStatus
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError
from botocore.session import Session, get_session

from customerhub.errors import InvalidInput, NotSent, RetryLater

ATTEMPTS = 2
"""Of one call: a code that comes twice does no harm."""
_FAULTS = frozenset(
    {
        "InternalErrorException",
        "KMSThrottlingException",
        "LimitExceededException",
        "SendingPausedException",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_REFUSALS = frozenset(
    {
        "BadRequestException",
        "InvalidParameter",
        "InvalidParameterException",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "MessageRejected",
    }
)
"""Of the recipient, since nothing else of a message comes from a caller. (SES API 2019-09-27, SNS API 2010-03-31; SNS
leaves the suffix out on the wire.)"""


class AwsMessenger:
    """Implements `ports.Messenger`. `sender` is an address that SES may send from. With one of `attempts` nothing is
    sent twice by itself.

    The clients are made when they are first needed: most instances need one of them only.
    """

    def __init__(self, sender: str, attempts: int = ATTEMPTS) -> None:
        self._sender = sender
        self._config = Config(
            connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": attempts}
        )

    def send_email(self, to: str, subject: str, text: str) -> None:
        """One SendEmail."""
        try:
            self._ses.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={"Simple": {"Subject": _utf8(subject), "Body": {"Text": _utf8(text)}}},
            )
        except (ClientError, BotoCoreError) as error:
            raise self._meaning(error, "email") from error

    def send_sms(self, to: str, text: str) -> None:
        """One Publish, as a transactional message: those come first on the way, and are sent at any hour."""
        kind = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        try:
            self._sns.publish(PhoneNumber=to, Message=text, MessageAttributes=kind)
        except (ClientError, BotoCoreError) as error:
            raise self._meaning(error, "phone") from error

    @cached_property
    def _session(self) -> Session:
        return get_session()

    @cached_property
    def _ses(self) -> Any:
        return self._session.create_client("sesv2", config=self._config)

    @cached_property
    def _sns(self) -> Any:
        return self._session.create_client("sns", config=self._config)

    def _meaning(self, error: ClientError | BotoCoreError, field: str) -> Exception:
        """What a failure means to the caller; a sender that is not verified, or a right that is missing, is for an
        operator, and stays as it is."""
        if isinstance(error, ConnectTimeoutError | EndpointConnectionError):
            return NotSent(f"the message was not sent: {type(error).__name__}")
        if isinstance(error, BotoCoreError):
            return RetryLater(f"the message was not sent: {type(error).__name__}")
        details = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if details["Code"] in _FAULTS and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return NotSent(f"the message was not sent: {details['Code']}")
        if details["Code"] in _FAULTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return RetryLater(f"the message was not sent: {details['Code']}")
        if details["Code"] in _REFUSALS and self._sender not in details.get("Message", ""):
            return InvalidInput("nothing can be sent there", code="undeliverable", field=field)
        return error


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
