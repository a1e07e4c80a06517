"""What all connectors share: how a partner is asked over HTTP, and what its faults become."""

import json
import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

from customerhub.connectors.retry_after import retry_after_s
from customerhub.domain.integration import Integration
from customerhub.domain.pace import Allowance
from customerhub.errors import CredentialsRefused, PartnerRefused, PartnerUnavailable
from customerhub.ports import Clock
from customerhub.ports.partners import Pacer, ResponseTimes

USER_AGENT = "customer-hub/0.1"
CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 15.0
LONGEST_ANSWER = timedelta(seconds=30)
"""A partner that lets its answer trickle is not listened to for longer."""
MAX_ANSWER_BYTES = 16_000_000
"""No page of records comes near to it. What is longer would have the worker out of memory, again and again."""
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
_PLAIN_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/=-]{1,100}")
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)")
_TRANSIENT = frozenset({408, 425, 429, 430})
"""430 is Shopify's "security rejection": too much at once."""


def partner_http_client(
    transport: httpx.BaseTransport | None = None, *, read_timeout_s: float = READ_TIMEOUT_S
) -> httpx.Client:
    """One client serves all integrations of a process: it keeps connections, but no cookies, so that nothing passes
    from one tenant to another. It follows no redirects and reads no proxy from the environment. Its library is kept
    from writing URLs to the log: they hold e-mails, and signatures that open files."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.Client(
        timeout=httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S),
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"user-agent": USER_AGENT, "accept": "application/json"},
        transport=transport,
    )


@dataclass(frozen=True)
class Answer:
    """What a partner answered, whatever the status. `body` is the JSON, None where there is none: an empty body, or a
    page of HTML from something in between. `request_id` is the partner's name of the exchange, for its support."""

    status: int
    headers: Mapping[str, str]
    body: Any
    request_id: str | None

    @property
    def is_success(self) -> bool:
        """A 2xx."""
        return 200 <= self.status < 300


class PartnerHttp:
    """Asks one integration's partner, within its allowance.

    Messages of errors hold the partner, the status and the request id, never a URL, a body or a header: those hold
    personal data and secrets.
    """

    def __init__(
        self,
        partner: str,
        integration: Integration,
        http: httpx.Client,
        pacer: Pacer,
        clock: Clock,
        *,
        times: ResponseTimes | None = None,
        request_id_header: str = "x-request-id",
        patience_s: int = 1,
    ) -> None:
        """`partner` is how messages call it. `patience_s` is waited for where a 429 or a fault names no time."""
        self.partner = partner
        self._integration = integration
        self._http = http
        self._pacer = pacer
        self._clock = clock
        self._times = times
        self._request_id_header = request_id_header
        self._patience_s = patience_s

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        auth: tuple[str, str] | None = None,
        allowance: Allowance | None = None,
        cost: int = 1,
    ) -> Answer:
        """Ask once, after taking `cost` of `allowance` (None: this request is free). Raises NotReadyYet where that
        would take long, and PartnerUnavailable without a status where no answer came: a write may have been done."""
        if allowance is not None:
            self._pacer.take(allowance, cost)
        started, until = time.perf_counter(), self._clock.now() + LONGEST_ANSWER
        try:
            with self._http.stream(method, url, headers=headers, params=params, json=json, auth=auth) as response:
                content = self._content(response, until)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise PartnerUnavailable(f"{self.partner} {_missing_answer(error)}") from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise PartnerRefused(f"the address of {self.partner} is not valid", reason="invalid_address") from error
        if self._times is not None:
            self._times.answered(self._integration, time.perf_counter() - started)
        return Answer(response.status_code, response.headers, _json(content), self._request_id(response))

    def read_file(self, url: str, offset: int) -> Iterator[bytes]:
        """A file that the partner has left at another host, from that byte on, in pieces. The host is told nothing of
        us: `url` alone opens it. One that does not know ranges sends the whole file, of which the beginning is dropped.

        Raises PartnerUnavailable: with the host's status before the first byte, without one where the connection breaks
        off; PartnerRefused for a redirect, for an address that is not of the open web (https, or a double of this
        machine's), and where the file is shorter than `offset`.
        """
        self._check_address(url)
        headers = {"accept": "*/*", "accept-encoding": "identity"} | ({"range": f"bytes={offset}-"} if offset else {})
        try:
            with self._http.stream("GET", url, headers=headers) as response:
                skipped = self._to_skip(response, offset)
                if skipped is None:
                    return
                # Pieces as they come: of larger ones, what came before a connection broke off would be lost.
                for piece in response.iter_raw():
                    if rest := piece[skipped:]:
                        yield rest
                    skipped = max(0, skipped - len(piece))
        except httpx.TransportError as error:
            raise PartnerUnavailable(f"a file of {self.partner} {_missing_answer(error)}") from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise PartnerRefused(
                f"the address of {self.partner}'s file is not valid", reason="invalid_address"
            ) from error
        if skipped:
            raise self._too_short()

    def _to_skip(self, response: httpx.Response, offset: int) -> int | None:
        """How many bytes come before those that were asked for; None where there are no more."""
        status, told = response.status_code, _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if response.headers.get("content-encoding", "identity") != "identity":
            raise PartnerUnavailable(f"a file of {self.partner} came encoded, which was not asked for")
        if status == 200:
            return offset
        if status == 206 and told is not None and told[1] is not None and int(told[1]) == offset:
            return 0
        if status == 416:
            if told is not None and told[2] == str(offset):
                return None
            raise self._too_short()
        if 300 <= status < 400:
            raise PartnerRefused(f"a file of {self.partner} has moved elsewhere", reason="redirected")
        raise self.unavailable(Answer(status, response.headers, None, None))

    def _too_short(self) -> PartnerRefused:
        return PartnerRefused(f"a file of {self.partner} is shorter than it was", reason="file_changed")

    def _check_address(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            is_fine = parts.scheme == "https" and bool(parts.hostname)
            if parts.scheme == "http" and self._integration.endpoint is not None:
                is_fine = ip_address(parts.hostname or "").is_loopback
        except ValueError:
            is_fine = False
        if not is_fine:
            raise PartnerRefused(f"the address of {self.partner}'s file is not on the web", reason="invalid_address")

    def raise_for_fault(self, answer: Answer) -> None:
        """Raise what every partner means alike: PartnerUnavailable for 408, 425, 429, 430 and 5xx; CredentialsRefused
        for 401 and 403; PartnerRefused for a redirect. What a connector reads differently it looks at before."""
        if answer.status >= 500 or answer.status in _TRANSIENT:
            raise self.unavailable(answer)
        if answer.status in {401, 403}:
            raise CredentialsRefused(f"{self.partner} does not let us in: {self.naming(answer)}")
        if 300 <= answer.status < 400:
            raise PartnerRefused(f"{self.partner} has moved elsewhere: {self.naming(answer)}", reason="redirected")

    def unavailable(self, answer: Answer, *, after_s: int | None = None) -> PartnerUnavailable:
        """The error for an answer that says: not now. The partner's Retry-After counts, else `after_s`."""
        told = retry_after_s(answer.headers.get("retry-after"), self._clock.now())
        wait_s = told if told is not None else after_s if after_s is not None else self._patience_s
        return PartnerUnavailable(
            f"{self.partner} is not available: {self.naming(answer)}", retry_after_s=wait_s, status=answer.status
        )

    def object_of(self, answer: Answer) -> Mapping[str, Any]:
        """The JSON object of a successful answer. Raises PartnerUnavailable where it is none: something in between has
        answered, and whether a write was done is unknown."""
        if not isinstance(answer.body, dict):
            raise PartnerUnavailable(
                f"{self.partner} answered something that is no JSON object: {self.naming(answer)}", status=answer.status
            )
        return answer.body

    def naming(self, answer: Answer) -> str:
        """Status and request id of an answer, for a message."""
        return f"status {answer.status}" + (f", request {answer.request_id}" if answer.request_id else "")

    def _content(self, response: httpx.Response, until: datetime) -> bytes:
        """The whole body, read as long as it comes in time and is no longer than any honest one."""
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > MAX_ANSWER_BYTES:
                raise PartnerUnavailable(f"{self.partner} answered more than can be read")
            if self._clock.now() > until:
                raise PartnerUnavailable(f"{self.partner} did not answer in time")
        return bytes(content)

    def _request_id(self, response: httpx.Response) -> str | None:
        told = response.headers.get(self._request_id_header)
        return told if told and _PLAIN_REQUEST_ID.fullmatch(told) else None


def _json(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def plain_name(told: object) -> str:
    """A field or a code that a partner names, to be shown and kept; empty for what is no such thing: a partner's words
    may be a person's, and as long as it likes."""
    return told if isinstance(told, str) and _PLAIN_NAME.fullmatch(told) else ""


def plain_words(told: Iterable[str]) -> str:
    """What a partner says in so many words, to be shown and kept: without addresses, on one line, of a length that can
    be read."""
    words = "".join(letter if letter.isprintable() else " " for letter in "; ".join(told)[:1000])
    return " ".join("…" if "@" in word else word for word in words.split())[:300]


def _missing_answer(error: Exception) -> str:
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return "cannot be reached"
        case httpx.TimeoutException():
            return "did not answer in time"
        case httpx.DecodingError():
            return "answered something that cannot be decoded"
        case _:
            return "broke off the connection"
