"""How Commerce7 is asked: its REST API, version 1, as documented on developer.commerce7.com in July 2026.

HTTP Basic with the app's id and secret, one pair for all merchants; the header `tenant` says whose data is meant. Lists
come in pages, or by cursor, which is the only thing that does not count against the 100 requests a minute.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from customerhub.connectors.base import Answer, PartnerHttp
from customerhub.connectors.commerce7.payloads import RECORD_ID
from customerhub.domain.ids import ExternalId
from customerhub.domain.integration import Integration
from customerhub.domain.pace import AllowanceReport, RequestWindow
from customerhub.errors import CredentialsRefused, NotReadyYet, PartnerRefused, PartnerUnavailable, UnreadableRecord
from customerhub.ports import Clock
from customerhub.ports.partners import Pacer, ResponseTimes

NAME = "Commerce7"
API = "https://api.commerce7.com"
ALLOWANCE = RequestWindow(limit=100, window_s=60.0)
THROTTLED_S = 60
"""How long a 429 is waited for that names no time; its headers are not documented."""
PAGE_SIZE = 50
"""The largest there is."""
LAST_PAGE = 100
"""Beyond it a request a minute is allowed."""
FIRST_CURSOR = "start"

Json = Mapping[str, Any]
Read = TypeVar("Read")

_OUR_WORDS = {
    "email": "email",
    "emails": "email",
    "firstName": "firstName",
    "lastName": "lastName",
    "phone": "phone",
    "phones": "phone",
    "countryCode": "phone",
    "title": "name",
    "discount": "discountPercent",
}
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,40}")
_URL_SAFE = re.compile(r"[A-Za-z0-9._~-]{16,200}")
_TAKEN = re.compile(r"unique|already|\bexists\b|duplicate|taken|in use")


@dataclass(frozen=True)
class Commerce7Credentials:
    """Who we are there, and how its webhooks prove themselves.

    Without a `webhook_secret`, which becomes a part of a URL, one is derived from the app's secret. `webhook_user` and
    `webhook_password` are HTTP Basic for webhooks. Orders name no currency: it is the merchant's.
    """

    app_id: str
    app_secret: str = field(repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_user: str | None = field(default=None, repr=False)
    webhook_password: str | None = field(default=None, repr=False)
    currency: str = "USD"


def to_credentials(stored: Mapping[str, Any]) -> Commerce7Credentials:
    """Read what Secrets Manager keeps. Raises CredentialsRefused where something is missing or is no text."""
    known = ("app_id", "app_secret", "webhook_secret", "webhook_user", "webhook_password", "currency")
    given = {name: stored[name] for name in known if stored.get(name) is not None}
    wrong = [name for name, value in given.items() if not isinstance(value, str) or not value.strip()]
    missing = [name for name in ("app_id", "app_secret") if name not in given]
    if wrong or missing:
        raise CredentialsRefused(f"the credentials of Commerce7 lack {', '.join(sorted({*wrong, *missing}))}")
    if "webhook_secret" in given and not _URL_SAFE.fullmatch(given["webhook_secret"]):
        raise CredentialsRefused("Commerce7's webhook_secret is not 16 to 200 letters, digits, '-', '.', '_' or '~'")
    if ("webhook_user" in given) != ("webhook_password" in given):
        raise CredentialsRefused("the credentials of Commerce7 hold one half of a webhook user and password")
    return Commerce7Credentials(**given)


@dataclass(frozen=True)
class Refusal:
    """A request that Commerce7 will not carry out. `fields` are the properties that it names, in its own words; `error`
    is what to raise where nothing can be done about it."""

    fields: frozenset[str]
    is_taken: bool
    """Whether it says that something of the kind is there already."""
    error: PartnerRefused

    def is_about(self, *fields: str) -> bool:
        """Whether it names one of these."""
        return not self.fields.isdisjoint(fields)


class Commerce7Client:
    """Asks for one merchant's data.

    Every method raises PartnerUnavailable on a fault and where the answer cannot be read; NotReadyYet where the
    allowance is used up; CredentialsRefused. Schemas are strict there: a property that Commerce7 does not know, or that
    is read-only, has the whole request refused.
    """

    def __init__(
        self,
        integration: Integration,
        credentials: Commerce7Credentials,
        http: httpx.Client,
        pacer: Pacer,
        clock: Clock,
        *,
        times: ResponseTimes | None = None,
    ) -> None:
        self.base_url = f"{(integration.endpoint or API).rstrip('/')}/v1"
        self._http = PartnerHttp(NAME, integration, http, pacer, clock, times=times)
        self._pacer = pacer
        self._headers = {"tenant": integration.account}
        self._auth = (credentials.app_id, credentials.app_secret)

    def get(self, *path: str, params: Mapping[str, str] | None = None) -> Json | None:
        """One record; None where there is none."""
        outcome = self.ask("GET", *path, params=params)
        if isinstance(outcome, Refusal):
            raise outcome.error
        return outcome

    def ask(
        self,
        method: str,
        *path: str,
        params: Mapping[str, str] | None = None,
        body: Json | None = None,
        is_free: bool = False,
    ) -> Json | Refusal | None:
        """What Commerce7 answers: the record, empty where it answers none; None where there is no such record."""
        url = "/".join((self.base_url, *map(_segment, path)))
        allowance = None if is_free else ALLOWANCE
        answer = self._http.send(
            method, url, headers=self._headers, params=params, json=body, auth=self._auth, allowance=allowance
        )
        if answer.status == 429:
            raise self._throttled(answer)
        self._http.raise_for_fault(answer)
        if answer.is_success:
            return {} if answer.status == 204 else self._http.object_of(answer)
        if answer.status == 404:
            self._http.object_of(answer)  # a 404 of something in between says nothing of the record
            return None
        return self._refusal(answer)

    def pages(self, *path: str, name: str, params: Mapping[str, str] | None = None) -> Iterator[Json]:
        """All records of a list, called `name` in the answer; page after page, as they are asked for. Raises
        PartnerRefused where there are more than 5,000."""
        for page in range(1, LAST_PAGE + 1):
            body = self._list(path, {**(params or {}), "page": str(page), "limit": str(PAGE_SIZE)}, is_free=False)
            records = self._records(body, name)
            yield from records
            if len(records) < PAGE_SIZE:
                return
        raise PartnerRefused(f"{NAME} lists more records than can be looked through", reason="too_many_records")

    def page_at(
        self, *path: str, name: str, params: Mapping[str, str], cursor: str | None
    ) -> tuple[Sequence[Json], str | None]:
        """The page of a list at a cursor (None: the first), in the order of ids, and the next one's cursor."""
        body = self._list(path, {**params, "cursor": cursor or FIRST_CURSOR}, is_free=True)
        following = body.get("cursor")
        return self._records(body, name), following if isinstance(following, str) and following else None

    def page_numbered(self, *path: str, name: str, params: Mapping[str, str], page: int) -> Sequence[Json]:
        """One page of a list that knows no cursor."""
        paged = {**params, "page": str(page), "limit": str(PAGE_SIZE)}
        return self._records(self._list(path, paged, is_free=False), name)

    def read(self, parse: Callable[[Json], Read], record: Json) -> Read:
        """What `parse` makes of a record. Raises UnreadableRecord: it may be better when it is asked for again, and is
        parked after a week."""
        try:
            return parse(record)
        except ValueError as error:
            raise UnreadableRecord(f"{NAME} answered a record that cannot be read") from error

    def read_rows(
        self, parse: Callable[[Json], Read], records: Sequence[Json]
    ) -> tuple[Sequence[Read], tuple[ExternalId, ...]]:
        """What `parse` makes of the records of a page, and the ids of those that cannot be read. Raises
        UnreadableRecord where one of these has no id by which that could be said."""
        read: list[Read] = []
        unreadable: list[ExternalId] = []
        for record in records:
            try:
                read.append(self.read(parse, record))
            except UnreadableRecord:
                known = record.get("id")
                if not isinstance(known, str) or not RECORD_ID.fullmatch(known):
                    raise
                unreadable.append(ExternalId(known))
        return read, tuple(unreadable)

    def _list(self, path: Sequence[str], params: Mapping[str, str], *, is_free: bool) -> Json:
        outcome = self.ask("GET", *path, params=params, is_free=is_free)
        if isinstance(outcome, Refusal):
            raise outcome.error
        if outcome is None:
            raise PartnerUnavailable(f"{NAME} knows no such list", status=404)
        return outcome

    def _records(self, body: Json, name: str) -> Sequence[Json]:
        records = body.get(name)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise PartnerUnavailable(f"{NAME} answered a list that cannot be read")
        return records

    def _throttled(self, answer: Answer) -> NotReadyYet:
        """Somebody else asks with our app's credentials, or clocks differ: whoever shares the allowance is told, unless
        it will be over soon."""
        wait_s = self._http.unavailable(answer, after_s=THROTTLED_S).retry_after_s
        if 2 * wait_s >= ALLOWANCE.window_s:
            restored_per_s = ALLOWANCE.limit / ALLOWANCE.window_s
            self._pacer.report(ALLOWANCE, AllowanceReport(None, 0, ALLOWANCE.limit, restored_per_s))
        return NotReadyYet(f"{NAME}'s allowance is used up", retry_after_s=wait_s)

    def _refusal(self, answer: Answer) -> Refusal:
        told = answer.body if isinstance(answer.body, dict) else {}
        errors = [error for error in _sequence(told.get("errors")) if isinstance(error, dict)]
        fields = frozenset(match[0] for error in errors if (match := _FIELD.match(str(error.get("field", "")))))
        words = " ".join(str(part.get("message", "")) for part in (told, *errors)).lower()
        ours = tuple(sorted({_OUR_WORDS.get(name, name) for name in fields}))
        naming = f" because of {', '.join(ours)}" if ours else ""
        error = PartnerRefused(f"{NAME} does not take this{naming}: {self._http.naming(answer)}", fields=ours)
        return Refusal(fields, answer.status == 409 or bool(_TAKEN.search(words)), error)


def _segment(text: str) -> str:
    """A part of a path, whatever is in it: an id is a partner's or a person's word."""
    return quote(text, safe="").replace(".", "%2E")


def _sequence(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
