"""What the contract suite needs of a platform: its double, a connector to it, and what has become of its records."""

import copy
import json
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

import httpx

from customerhub.connectors.base import partner_http_client
from customerhub.connectors.registry import connector_for
from customerhub.domain.ids import IntegrationId, StageId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.offer import Offer
from customerhub.domain.pace import Allowance, AllowanceReport, Pace, Settlement, Taken, next_turn, settle
from customerhub.errors import NotReadyYet
from customerhub.ports.connector import Connector
from customerhub.ports.partners import Pacer
from infra.local.partners.processes import Partner

Outcome = TypeVar("Outcome")
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "transfer-encoding"})
STANDSTILL = 1e-9
"""How fast a double's own time passes, which only we move on: faster than not at all, as it wants it."""


def loopback() -> httpx.HTTPTransport:
    """The network without the world's certificates: loading them takes longer than most tests."""
    return httpx.HTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


@dataclass
class Garbling(httpx.BaseTransport):
    """The network of a platform that answers the records of those ids as nobody can read them."""

    ids: frozenset[str]
    inner: httpx.BaseTransport = field(default_factory=loopback)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Of each line that is JSON: an answer is one, a file has many."""
        response = self.inner.handle_request(request)
        content = b"\n".join(map(self._line, response.read().split(b"\n")))
        response.close()
        headers = [(name, value) for name, value in response.headers.items() if name not in _OF_THE_BODY]
        return httpx.Response(response.status_code, headers=headers, content=iter([content]))

    def close(self) -> None:
        """Of the connections."""
        self.inner.close()

    def _line(self, line: bytes) -> bytes:
        try:
            return json.dumps(self._garbled(json.loads(line))).encode()
        except ValueError:
            return line

    def _garbled(self, told: Any) -> Any:
        if isinstance(told, list):
            return [self._garbled(one) for one in told]
        if not isinstance(told, dict):
            return told
        is_meant = "updatedAt" in told and str(told.get("id")).rpartition("/")[2] in self.ids
        return {name: self._garbled(one) for name, one in told.items()} | ({"updatedAt": "once"} if is_meant else {})


@dataclass
class BenchClock:
    """A `ports.Clock` in the double's time: whoever sleeps moves its clock on. `slept_s` is how long in all."""

    partner: Partner
    slept_s: float = 0.0

    def now(self) -> datetime:
        """As the double has it."""
        told: str = self.partner.control("GET", "clock").raise_for_status().json()["now"]
        return datetime.fromisoformat(told)

    def sleep(self, duration_s: float) -> None:
        """Nobody really waits."""
        self.slept_s += duration_s
        self.partner.control("PUT", "clock", {"advanceSeconds": duration_s}).raise_for_status()


@dataclass
class MemoryPacer:
    """A `ports.partners.Pacer` for one thread, with the hub's own arithmetic; `patience` is how long a turn is waited
    for."""

    clock: Any
    patience: timedelta = timedelta(seconds=5)
    taken: list[tuple[Allowance, int]] = field(default_factory=list)
    reports: list[AllowanceReport] = field(default_factory=list)
    _pace: Pace | None = None
    _last: Taken | None = None
    _unsettled: list[Settlement] = field(default_factory=list)

    def take(self, allowance: Allowance, cost: int) -> None:
        """Wait by the clock for the turn."""
        now = self.clock.now()
        pace = settle(self._pace, allowance, self._unsettled, now)
        self._unsettled = []
        turn = next_turn(pace, allowance, cost, now)
        if turn.at - now > self.patience:
            self._pace = pace
            raise NotReadyYet(
                "the partner's allowance is used up", retry_after_s=round((turn.at - now).total_seconds())
            )
        self._pace, self._last = turn.pace, turn.taken
        self.taken.append((allowance, cost))
        if turn.at > now:
            self.clock.sleep((turn.at - now).total_seconds())

    def report(self, allowance: Allowance, report: AllowanceReport) -> None:  # noqa: ARG002
        """Settled with the next request."""
        now = self.clock.now()
        self.reports.append(report)
        self._unsettled.append(Settlement(self._last or Taken(0, now), now, report))


@dataclass
class MemorySecrets:
    """A `ports.partners.SecretStore` with one set of credentials; `puts` are all that were kept, in order."""

    credentials: Mapping[str, Any]
    puts: list[Mapping[str, Any]] = field(default_factory=list)
    before_put: Callable[[], None] = lambda: None
    _lock: Lock = field(default_factory=Lock)

    def get(self, tenant: TenantId, integration: IntegrationId) -> Mapping[str, Any]:  # noqa: ARG002
        """As they are."""
        return copy.deepcopy(self.credentials)

    def get_fresh(self, tenant: TenantId, integration: IntegrationId) -> Mapping[str, Any]:  # noqa: ARG002
        """As they are."""
        return copy.deepcopy(self.credentials)

    def put(self, tenant: TenantId, integration: IntegrationId, credentials: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Keep them, unless `before_put` raises."""
        self.before_put()
        self.credentials = json.loads(json.dumps(credentials))
        self.puts.append(self.credentials)

    @contextmanager
    def exclusive(self, tenant: TenantId, integration: IntegrationId) -> Iterator[None]:  # noqa: ARG002
        """One at a time."""
        with self._lock:
            yield


@dataclass
class RecordedTimes:
    """A `ports.partners.ResponseTimes` that remembers everything."""

    durations_s: list[float] = field(default_factory=list)

    def answered(self, integration: Integration, duration_s: float) -> None:  # noqa: ARG002
        """Note it."""
        self.durations_s.append(duration_s)


@dataclass(frozen=True)
class SeenCustomer:
    """A customer as the double keeps one. `tags` are texts, each as often as it was given."""

    id: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    first_name: str | None
    last_name: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True)
class SeenOffer:
    """A discount as the double keeps one."""

    title: str
    percent: float
    is_active: bool


@dataclass(frozen=True)
class SampleDelivery:
    """A webhook as the platform sends it, unsigned, and what it says: kind, action and id of each change."""

    topic: str
    body: bytes
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class WriteNames:
    """What the double calls the requests that write, for the `operation` of faults."""

    create_customer: str
    change_customer: str
    tag_customer: str
    untag_customer: str
    place_offer: tuple[str, ...]
    """Every one of those that placing a first offer takes, in order."""
    create_webhook: str
    start_export: str = ""
    """Empty where there are no exports."""


class PartnerBench(ABC):
    """One platform's double, as on its first day, and connectors to it."""

    platform: Platform
    writes: WriteNames
    has_exports: bool
    """Whether the platform writes whole lists to files."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        self._clients: list[httpx.Client] = []
        self.reset()

    def reset(self) -> None:
        """Everything as on the first day."""
        self.partner.control("POST", "reset").raise_for_status()
        self.clock = BenchClock(self.partner)
        self.times = RecordedTimes()
        self.secrets = MemorySecrets(self.credentials)
        self.pacer = MemoryPacer(self.clock)
        self.connector = self.connect()

    def close(self) -> None:
        """End the connections of all connectors."""
        while self._clients:
            self._clients.pop().close()

    @property
    @abstractmethod
    def account(self) -> str:
        """What the platform knows the merchant by."""

    @property
    @abstractmethod
    def credentials(self) -> Mapping[str, Any]:
        """As they are stored."""

    @property
    def integration(self) -> Integration:
        """The merchant's connection to the double."""
        return Integration(
            TenantId("winery"),
            IntegrationId(self.platform.value),
            self.platform,
            self.account,
            datetime(2026, 11, 1, tzinfo=UTC),
            self.partner.url,
        )

    def connect(
        self,
        *,
        credentials: Mapping[str, Any] | None = None,
        transport: httpx.BaseTransport | None = None,
        endpoint: str | None = None,
        pacer: Pacer | None = None,
    ) -> Connector:
        """A connector; by default to the running double."""
        integration = self.integration
        if endpoint is not None:
            integration = replace(integration, endpoint=endpoint)
        http = partner_http_client(transport or loopback())
        self._clients.append(http)
        return connector_for(
            integration,
            credentials or self.credentials,
            http,
            pacer or self.pacer,
            self.clock,
            times=self.times,
            secrets=self.secrets,
        )

    @abstractmethod
    def customers(self) -> list[SeenCustomer]:
        """All customers there are."""

    @abstractmethod
    def offers(self) -> list[SeenOffer]:
        """All discounts there are, ended ones too."""

    @abstractmethod
    def subscriptions(self) -> list[tuple[str, str]]:
        """Topic and URL of each webhook that is subscribed to."""

    def exports(self) -> list[str]:
        """The ids of all exports that were started, as connectors know them."""
        return []

    @abstractmethod
    def sign(self, sample: SampleDelivery, *, url: str, secret: str | None = None) -> Mapping[str, str]:
        """The headers (in lower case, with whatever the entry point adds) that come with a sample delivered to `url`;
        with another secret where one is named."""

    @abstractmethod
    def samples(self) -> Sequence[SampleDelivery]:
        """One delivery of each kind that the connector knows."""

    def more_customers_than_at_once(self) -> int:
        """How many new customers take more than the allowance lets through at once."""
        return 60

    def state(self) -> dict[str, Any]:
        """The double's records."""
        state: dict[str, Any] = self.partner.control("GET", "state").raise_for_status().json()
        return state

    def requests(self) -> int:
        """How many requests the double has seen."""
        return int(self.state()["requests"]["total"])

    def writes_seen(self) -> int:
        """How many of them wanted to write."""
        counts: dict[str, int] = self.state()["requests"]["byOperation"]
        return sum(count for name, count in counts.items() if self.is_write(name))

    @abstractmethod
    def is_write(self, operation: str) -> bool:
        """Whether the operation (as the double names it) writes."""

    def add_customer(self, **fields: Any) -> str:
        """As the shop's staff adds one; the id, as connectors know it."""
        created = self.partner.control("POST", "customers", fields)
        assert created.status_code == 201, created.text
        return self.id_of(created.json())

    def change_customer(self, customer: str, **fields: Any) -> None:
        """As the shop's staff does."""
        self.partner.control("PATCH", f"customers/{self.control_id(customer)}", fields).raise_for_status()

    def delete_customer(self, customer: str) -> None:
        """As the shop's staff does."""
        self.partner.control("DELETE", f"customers/{self.control_id(customer)}").raise_for_status()

    def add_order(self, **fields: Any) -> str:
        """As if a buyer ordered; the id, as connectors know it."""
        if "customerId" in fields:
            fields["customerId"] = self.control_id(fields["customerId"])
        created = self.partner.control("POST", "orders", fields)
        assert created.status_code == 201, created.text
        return self.id_of(created.json())

    def add_product(self, **fields: Any) -> str:
        """As the shop's staff adds one; the id, as connectors know it."""
        created = self.partner.control("POST", "products", fields)
        assert created.status_code == 201, created.text
        return self.id_of(created.json())

    def change_product(self, product: str, **fields: Any) -> None:
        """As the shop's staff does."""
        self.partner.control("PATCH", f"products/{product}", fields).raise_for_status()

    def id_of(self, record: Mapping[str, Any]) -> str:
        """A record's id as connectors know it."""
        return str(record["id"])

    def control_id(self, external_id: str) -> str:
        """And as the control surface does."""
        return external_id

    def fail(self, *faults: Mapping[str, Any]) -> None:
        """Have these faults from now on, instead of those before."""
        self.partner.control("PUT", "faults", list(faults)).raise_for_status()

    def heal(self) -> None:
        """No faults any more."""
        self.partner.control("DELETE", "faults").raise_for_status()

    def checkout_percent(self, email: str) -> float:
        """What whoever checks out with this e-mail is given, a while from now."""
        self.clock.sleep(600)
        told = self.partner.control("GET", f"checkout?{httpx.QueryParams(email=email)}").raise_for_status()
        return float(told.json()["discountPercent"])

    def stand_still(self) -> None:
        """From now on the double's time moves by sleeping alone, however long this machine takes."""
        self.partner.control("PUT", "clock", {"speed": STANDSTILL}).raise_for_status()

    def patiently(self, attempt: Callable[[], Outcome]) -> Outcome:
        """What a worker does with NotReadyYet: ask again later."""
        for _ in range(20):
            try:
                return attempt()
            except NotReadyYet as error:
                self.clock.sleep(error.retry_after_s)
        raise AssertionError("it is never ready")


def offer(name: str = "Bronze", percent: float = 10, stage: str = "5f0c9a31-0000-4000-8000-000000000001") -> Offer:
    """A stage's discount."""
    return Offer(StageId(stage), name, round(percent * 100))
