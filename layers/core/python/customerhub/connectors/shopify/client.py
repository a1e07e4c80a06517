"""Asks a shop's GraphQL API: paces by cost, renews the token, and reads what Shopify says about failing.

Shopify answers most failures with status 200 (facts of 2026-11, version 2026-10): `errors` beside `data`, each with a
code; `userErrors` within the payload of a mutation. `data` may be there with a part of it withheld.
"""

import logging
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from customerhub.connectors.base import Answer, PartnerHttp, plain_name, plain_words
from customerhub.connectors.shopify.documents import API_VERSION, Document
from customerhub.connectors.shopify.tokens import TokenProvider
from customerhub.domain.integration import UNKNOWN_SHOP
from customerhub.domain.pace import AllowanceReport, PointBucket
from customerhub.errors import CredentialsRefused, HubError, NotReadyYet, PartnerRefused, PartnerUnavailable
from customerhub.ports import Clock
from customerhub.ports.partners import Pacer

_logger = logging.getLogger(__name__)

SMALLEST_BUCKET = PointBucket(capacity=2000, restore_per_s=100)
"""Of a shop on the standard plan; what the shop says of its own counts from the first answer on."""
SHOP_CLOSED_RETRY_S = 3600
"""A shop that is frozen or locked is asked again each hour."""
REJECTED_RETRY_S = 600
"""A shop whose guard takes us for an attacker (430) is left alone for a while."""
PATIENCE_S = 8.0
"""So long in all may one request wait because it was throttled."""

Path = tuple[str | int, ...]


class QueryTooCostly(PartnerRefused):
    """Shopify will not do so much at once: a smaller page may pass."""


@dataclass(frozen=True)
class Result:
    """`data` of an answer. `withheld` are the places in it that are empty because we may not see them."""

    data: Mapping[str, Any]
    withheld: tuple[Path, ...] = ()

    def withheld_under(self, *place: str | int) -> frozenset[str]:
        """The fields of the object at `place` of which something is withheld."""
        depth = len(place)
        return frozenset(str(path[depth]) for path in self.withheld if len(path) > depth and path[:depth] == place)


@dataclass(frozen=True)
class UserError:
    """What a mutation has to say against its input. `field` is the last part of the field's path; `code` is empty where
    this mutation's errors have none. `message` is Shopify's, which may quote a value: to be compared, not shown."""

    field: str
    code: str
    message: str


@dataclass(frozen=True)
class Mutated:
    """What came of a mutation. Where there are `errors` it has done nothing."""

    payload: Mapping[str, Any]
    errors: tuple[UserError, ...]
    withheld: tuple[Path, ...] = ()

    def withheld_in(self, field: str) -> frozenset[str]:
        """The fields of the payload's object of which something is withheld."""
        return frozenset(str(path[2]) for path in self.withheld if len(path) > 2 and path[1] == field)


class ShopifyClient:
    """One shop."""

    def __init__(self, http: PartnerHttp, url: str, tokens: TokenProvider, pacer: Pacer, clock: Clock) -> None:
        """`url` is where the shop's Admin API answers, without the version."""
        self._http = http
        self._url = f"{url}/{API_VERSION}/graphql.json"
        self._tokens = tokens
        self._pacer = pacer
        self._clock = clock
        self._bucket = SMALLEST_BUCKET
        self._costs: dict[tuple[str, int], int] = {}
        self._served_version = API_VERSION

    def run(self, document: Document, variables: Mapping[str, Any], *, rows: int = 0) -> Result:
        """Run a document; `rows` is how many of a page it asks for. A throttled request is repeated for some seconds.

        Raises NotReadyYet where its turn is further away, QueryTooCostly, and what every method of a connector may.
        """
        waited_s = 0.0
        while True:
            answer = self._ask(document, variables, rows)
            wait_s = self._throttled_s(document, rows, answer)
            if wait_s is None:
                return self._read(answer)
            if waited_s + wait_s > PATIENCE_S:
                raise NotReadyYet("the shop's allowance is used up", retry_after_s=max(1, round(wait_s)))
            self._clock.sleep(wait_s)
            waited_s += wait_s

    def mutate(self, document: Document, variables: Mapping[str, Any]) -> Mutated:
        """Run a mutation. It is not repeated where its answer is lost."""
        result = self.run(document, variables)
        payload = next(iter(result.data.values()), None)
        if not isinstance(payload, dict):
            raise PartnerUnavailable("Shopify answered a mutation without a payload")
        errors = tuple(_user_error(told) for told in _objects(payload.get("userErrors")))
        return Mutated(payload, errors, result.withheld)

    def _ask(self, document: Document, variables: Mapping[str, Any], rows: int) -> Answer:
        token = self._tokens.token()
        answer = self._post(token, document, variables, rows)
        if answer.status == 401:
            answer = self._post(self._tokens.instead_of(token), document, variables, rows)
        return answer

    def _post(self, token: str, document: Document, variables: Mapping[str, Any], rows: int) -> Answer:
        """One request, its points taken before and settled after, whatever comes of it."""
        cost = self._costs.get((document.name, rows), document.cost + rows * document.row_cost)
        bucket = self._bucket
        answer = self._http.send(
            "POST",
            self._url,
            headers={"x-shopify-access-token": token},
            json={"query": document.text, "variables": variables, "operationName": document.name},
            allowance=bucket,
            cost=cost,
        )
        told = _read_cost(answer)
        if told is not None:
            if told.requestedQueryCost is not None:
                self._costs[document.name, rows] = round(told.requestedQueryCost)
            status = told.throttleStatus
            self._bucket = PointBucket(status.maximumAvailable, status.restoreRate)
            self._pacer.report(
                bucket,
                AllowanceReport(
                    actual=told.actualQueryCost,
                    available=status.currentlyAvailable,
                    capacity=status.maximumAvailable,
                    restore_per_s=status.restoreRate,
                ),
            )
        return answer

    def _throttled_s(self, document: Document, rows: int, answer: Answer) -> float | None:
        """How long to wait before the request is repeated; None where it was not throttled. A little more than the
        points take, so that those who wait together do not ask together."""
        if "THROTTLED" not in _codes(_errors(answer)):
            return None
        told = _read_cost(answer)
        if told is None:
            return random.uniform(1, 2)  # noqa: S311 - no secret
        asked = told.requestedQueryCost or self._costs.get((document.name, rows), document.cost)
        missing = max(0.0, asked - told.throttleStatus.currentlyAvailable)
        return missing / told.throttleStatus.restoreRate + random.uniform(0.05, 0.5)  # noqa: S311 - no secret

    def _read(self, answer: Answer) -> Result:
        self._raise_for_status(answer)
        self._notice_version(answer)
        body = self._http.object_of(answer)
        errors = _errors(answer)
        data = body.get("data")
        if not errors and isinstance(data, dict):
            return Result(data)
        withheld = _withheld(errors, data)
        if withheld is not None and isinstance(data, dict):
            return Result(data, withheld)
        raise self._error_of(answer, errors)

    def _raise_for_status(self, answer: Answer) -> None:
        naming = self._http.naming(answer)
        match answer.status:
            case 401:
                raise CredentialsRefused(f"Shopify does not accept the shop's access token: {naming}")
            case 402 | 423:
                raise PartnerUnavailable(
                    f"the shop is frozen or locked: {naming}", retry_after_s=SHOP_CLOSED_RETRY_S, status=answer.status
                )
            case 403:
                raise CredentialsRefused(f"Shopify does not let the app into the shop: {naming}")
            case 404 if answer.body is not None:
                raise CredentialsRefused(f"Shopify has no shop of that domain: {naming}", reason=UNKNOWN_SHOP)
            case 404:
                raise self._http.unavailable(answer)
            case 430:
                raise self._http.unavailable(answer, after_s=REJECTED_RETRY_S)
        self._http.raise_for_fault(answer)
        if not answer.is_success:
            raise PartnerRefused(f"Shopify cannot read the request: {naming}", reason="bad_request")

    def _error_of(self, answer: Answer, errors: list[Mapping[str, Any]]) -> HubError:
        """`errors` without data that is of use. Codes are shown, messages are not: they may quote a value."""
        codes, naming = _codes(errors), self._http.naming(answer)
        if "MAX_COST_EXCEEDED" in codes:
            return QueryTooCostly(f"Shopify finds the request too costly: {naming}", reason="too_costly")
        if "ACCESS_DENIED" in codes:
            return CredentialsRefused(f"Shopify does not allow the app this: {_needed(errors)}", reason="access_denied")
        if "SHOP_INACTIVE" in codes:
            return PartnerUnavailable(
                f"the shop is closed: {naming}", retry_after_s=SHOP_CLOSED_RETRY_S, status=answer.status
            )
        if not errors or codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"}:
            return PartnerUnavailable(f"Shopify failed: {naming}", status=answer.status)
        shown = ", ".join(sorted(codes)) or "no code"
        return PartnerRefused(f"Shopify cannot run the request ({shown}): {naming}", reason="bad_request")

    def _notice_version(self, answer: Answer) -> None:
        """A version that is no longer served is answered by the oldest one that is ("fall-forward"). Said once."""
        served = answer.headers.get("x-shopify-api-version", API_VERSION)
        if served != self._served_version:
            self._served_version = served
            _logger.warning("Shopify answers with another version of its API than %s", API_VERSION)


_Points = Annotated[float, Field(ge=0, le=1_000_000)]
_Size = Annotated[float, Field(ge=1, le=1_000_000)]
"""What no plan comes near to; a number beyond it would have everybody wait for ever."""


class _ThrottleStatus(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    maximumAvailable: _Size  # noqa: N815 - as Shopify writes it
    currentlyAvailable: Annotated[float, Field(ge=-1_000_000, le=1_000_000)]  # noqa: N815
    restoreRate: _Size  # noqa: N815


class _Cost(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    requestedQueryCost: _Points | None = None  # noqa: N815
    actualQueryCost: _Points | None = None  # noqa: N815
    throttleStatus: _ThrottleStatus  # noqa: N815


def _read_cost(answer: Answer) -> _Cost | None:
    """What the answer says of points; None where it says nothing that makes sense."""
    extensions = answer.body.get("extensions") if isinstance(answer.body, dict) else None
    try:
        return _Cost.model_validate(extensions.get("cost") if isinstance(extensions, dict) else None)
    except ValidationError:
        return None


def _errors(answer: Answer) -> list[Mapping[str, Any]]:
    return _objects(answer.body.get("errors")) if isinstance(answer.body, dict) else []


def _objects(told: object) -> list[Mapping[str, Any]]:
    return [item for item in told if isinstance(item, dict)] if isinstance(told, list) else []


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return plain_name(extensions.get("code")) if isinstance(extensions, dict) else ""


def _codes(errors: Iterable[Mapping[str, Any]]) -> set[str]:
    return {code for code in map(_code, errors) if code}


def _withheld(errors: list[Mapping[str, Any]], data: object) -> tuple[Path, ...] | None:
    """Where each error is about a part of the data that we may not see, these parts; else None."""
    paths: list[Path] = []
    for error in errors:
        path = error.get("path")
        if _code(error) != "ACCESS_DENIED" or not isinstance(path, list) or len(path) < 2:
            return None
        if not _is_empty_below(data, path):
            return None
        paths.append(tuple(path))
    return tuple(paths) or None


def _is_empty_below(data: object, path: list[Any]) -> bool:
    """Whether what is empty is a field, and not the whole answer."""
    return isinstance(data, dict) and data.get(str(path[0])) is not None


def _needed(errors: Iterable[Mapping[str, Any]]) -> str:
    """What Shopify says is missing: the scope, or the field."""
    for error in errors:
        extensions = error.get("extensions")
        required = extensions.get("requiredAccess") if isinstance(extensions, dict) else None
        if isinstance(required, str):
            return f"it needs {plain_words([required])}"
    for error in errors:
        path = error.get("path")
        if isinstance(path, list) and (names := list(filter(None, map(plain_name, path)))):
            return "no access to " + ".".join(names[:5])
    return "a scope or an approval is missing"


def _user_error(told: Mapping[str, Any]) -> UserError:
    path = told.get("field")
    field = plain_name(path[-1]) if isinstance(path, list) and path else ""
    return UserError(field, plain_name(told.get("code")), str(told.get("message") or ""))
