"""`GET /local/outbox`: what SES and SNS would have sent, as MiniStack keeps it for as long as it runs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.emulator import ACCOUNT, Emulator

EMAILS_PATH = "/_ministack/ses/messages"
TEXTS_PATH = "/_ministack/sns/sms-messages"

Message = dict[str, Any]


def verify_sender(emulator: Emulator, address: str) -> None:
    """What an operator does once in an account: SES refuses senders that it does not know. Idempotent."""
    emulator.client("sesv2").create_email_identity(EmailIdentity=address)


class Outbox:
    """Every message of the run, the newest first."""

    def __init__(self, emulator: Emulator) -> None:
        self._endpoint = emulator.endpoint

    def routes(self) -> list[Route]:
        """The one route; `?to=` leaves the messages to one address or number."""
        return [Route("/local/outbox", self._list)]

    async def _list(self, request: Request) -> Response:
        # A plus that nobody escaped arrives as a blank, which no address or number has.
        wanted = request.query_params.get("to", "").replace(" ", "+").casefold()
        messages = [*emails(await self._kept(EMAILS_PATH)), *texts(await self._kept(TEXTS_PATH))]
        shown = [message for message in messages if wanted in ("", message["to"].casefold())]
        return JSONResponse({"messages": sorted(shown, key=lambda message: str(message["sentAt"]), reverse=True)})

    async def _kept(self, path: str) -> Any:
        async with httpx.AsyncClient(base_url=self._endpoint, trust_env=False) as client:
            response = await client.get(path, params={"account": ACCOUNT})
            return response.raise_for_status().json()


def emails(kept: Any) -> Iterable[Message]:
    """One message for each recipient of what MiniStack's SES keeps."""
    for record in kept["messages"].get(ACCOUNT, []):
        for recipient in record["To"]:
            message = {"channel": "email", "to": recipient, "subject": record["Subject"], "text": record["BodyText"]}
            yield message | {"sentAt": _iso(record["Timestamp"])}


def texts(kept: Any) -> Iterable[Message]:
    """The text messages that MiniStack's SNS keeps; their time is added by `ministack/run.py`."""
    for number, records in kept["sms_messages"].items():
        for record in records:
            yield {"channel": "sms", "to": number, "text": record["Message"], "sentAt": _iso(record["Timestamp"])}


def _iso(timestamp_s: float) -> str:
    return datetime.fromtimestamp(timestamp_s, UTC).isoformat(timespec="milliseconds")
