"""The files of bulk operations, at addresses that let whoever has them read, for a time, from any byte on.

They lie at another host than the shop: whoever comes with the shop's token has given it away.
"""

import hmac
import re
import secrets
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infra.local.partners.clock import PartnerClock
from infra.local.partners.connections import CONNECTION
from infra.local.partners.shopify.settings import Settings

PATH = "/bulk/{number:int}.jsonl"
PIECE_BYTES = 262_144
RANGE = re.compile(r"bytes=(\d{1,18})-")


class BulkFiles:
    """Kept in memory: a restart forgets them, as time would."""

    def __init__(self, clock: PartnerClock, base_url: str) -> None:
        self._clock = clock
        self._base_url = base_url
        self._secret = secrets.token_bytes(16)
        self._files: dict[int, bytes] = {}
        self._breaks_off_after: int | None = None

    def put(self, number: int, content: bytes) -> None:
        """Keep a file."""
        self._files[number] = content

    def size(self, number: int) -> int | None:
        """Its bytes; None where there is none."""
        content = self._files.get(number)
        return None if content is None else len(content)

    def remove(self, number: int) -> None:
        """Forget a file."""
        self._files.pop(number, None)

    def clear(self) -> None:
        """Forget all."""
        self._files.clear()
        self._breaks_off_after = None

    def break_off(self, after_bytes: int | None) -> None:
        """Have the connection of the next reader end early, once."""
        self._breaks_off_after = after_bytes

    def url(self, number: int, settings: Settings) -> str | None:
        """An address that is good from now on for as long as the settings say; None where there is nothing to read."""
        if not self._files.get(number):
            return None
        expires = int(self._clock.time_s() + settings.bulk_url_seconds)
        return f"{self._base_url}/bulk/{number}.jsonl?expires={expires}&signature={self._signature(number, expires)}"

    def answer(self, request: Request, settings: Settings) -> Response:
        """What the file's host answers."""
        number = request.path_params["number"]
        content = self._files.get(number)
        if refusal := self._refused(request, number):
            return refusal
        if content is None:
            return _refusal(404, "NoSuchKey")
        wanted = RANGE.fullmatch(request.headers.get("range", "")) if settings.bulk_ranges else None
        breaks_off_after, self._breaks_off_after = self._breaks_off_after, None
        if wanted is None:
            return FilePart(content, 0, breaks_off_after, status=200)
        start = int(wanted[1])
        if start >= len(content):
            return _refusal(416, "InvalidRange", {"content-range": f"bytes */{len(content)}"})
        return FilePart(content, start, breaks_off_after, status=206)

    def _refused(self, request: Request, number: int) -> Response | None:
        """Why whoever asks is not let in."""
        expires = request.query_params.get("expires", "")
        if "x-shopify-access-token" in request.headers:
            return _refusal(400, "InvalidArgument")
        signature = self._signature(number, int(expires)) if expires.isdecimal() else ""
        if not hmac.compare_digest(signature, request.query_params.get("signature", "-")):
            return _refusal(403, "SignatureDoesNotMatch")
        return _refusal(400, "ExpiredToken") if int(expires) <= self._clock.time_s() else None

    def _signature(self, number: int, expires: int) -> str:
        return hmac.digest(self._secret, f"{number} {expires}".encode(), "sha256").hex()


class FilePart(Response):
    """A file from one byte on, in pieces, to its end or until the connection breaks."""

    def __init__(self, content: bytes, start: int, breaks_off_after: int | None, *, status: int) -> None:
        headers = {"content-length": str(len(content) - start), "accept-ranges": "bytes"}
        if status == 206:
            headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        super().__init__(None, status, headers, "application/jsonl")
        self.raw_headers = [pair for pair in self.raw_headers if pair != (b"content-length", b"0")]
        self._content = memoryview(content)
        self._start = start
        self._end = len(content) if breaks_off_after is None else min(len(content), start + breaks_off_after)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for piece in self._pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self._end < len(self._content):
            scope["state"][CONNECTION].close()
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _pieces(self) -> Iterator[bytes]:
        for at in range(self._start, self._end, PIECE_BYTES):
            yield bytes(self._content[at : min(at + PIECE_BYTES, self._end)])


def _refusal(status: int, code: str, headers: dict[str, str] | None = None) -> Response:
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
    return Response(body, status, headers, "application/xml")
