"""Both shops' doubles in simulated time, and a network to them that can fail at any request."""

import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from customerhub.connectors.base import partner_http_client
from customerhub.domain.ids import IntegrationId
from customerhub.ports import Clock
from infra.local.partners.catalogue import PartnerName
from infra.local.partners.processes import Partner
from tests.support.commerce7_bench import Commerce7Bench
from tests.support.faults import Crash
from tests.support.partner_bench import STANDSTILL, PartnerBench
from tests.support.shopify_bench import ShopifyBench

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Of no use, and quickly made: the doubles speak no TLS."""
COMMERCE7, SHOPIFY = IntegrationId("commerce7"), IntegrationId("shopify")
_BENCHES: Mapping[PartnerName, type[PartnerBench]] = {
    PartnerName.COMMERCE7: Commerce7Bench,
    PartnerName.SHOPIFY: ShopifyBench,
}

FILES = "/bulk/"
"""In the path of what Shopify has exported."""
NETWORK_FAULTS = ("before", "crash after", "crash before", "after")
"""No answer without and with effect, each with and without the worker's end."""


class Shops:
    """Both doubles, as on their first day after each `restart`, at the time of the clock that they follow."""

    def __init__(self, partners: list[Partner]) -> None:
        self.benches = {IntegrationId(partner.name.value): _BENCHES[partner.name](partner) for partner in partners}
        self.network = ShopNetwork(self)
        self.http = partner_http_client(self.network)
        self.clock: Clock | None = None
        self._told: dict[IntegrationId, datetime] = {}
        self._lock = threading.Lock()

    @property
    def commerce7(self) -> PartnerBench:
        """The double of Commerce7."""
        return self.benches[COMMERCE7]

    @property
    def shopify(self) -> PartnerBench:
        """The double of Shopify."""
        return self.benches[SHOPIFY]

    def restart(self) -> datetime:
        """Forget everything and stand still; the time at which all of them do."""
        stopped = dict[IntegrationId, datetime]()
        for name, bench in self.benches.items():
            bench.partner.start()
            bench.partner.control("POST", "reset").raise_for_status()
            stopped[name] = self._stop(bench)
        self._told, self.clock = stopped, None
        self.network.reset()
        return (max(stopped.values()) + timedelta(seconds=1)).replace(microsecond=0)

    def follow(self, clock: Clock) -> None:
        """From now on it is what this clock says."""
        self.clock = clock
        self.catch_up()

    def catch_up(self, *names: IntegrationId) -> None:
        """Have the doubles, or those, know what time it is."""
        for name in names or tuple(self.benches):
            with self._lock:
                self._tell(name)

    def revive(self, name: IntegrationId) -> None:
        """Start a double that was stopped; it knows what it knew, and what time it is."""
        self.benches[name].partner.start()
        with self._lock:
            self._told[name] = self._stop(self.benches[name])
            self._tell(name)

    def densest_minute(self, name: IntegrationId) -> int:
        """The most requests that a double has seen within any minute of its time, failed ones too."""
        calls = self.benches[name].partner.control("GET", "requests?limit=100000").raise_for_status().json()
        moments = sorted(call["atS"] for call in calls["requests"])
        first = most = 0
        for number, moment in enumerate(moments):
            while moments[first] <= moment - 60:
                first += 1
            most = max(most, number - first + 1)
        return most

    def close(self) -> None:
        """End all connections."""
        self.http.close()
        for bench in self.benches.values():
            bench.close()

    def _tell(self, name: IntegrationId) -> None:
        assert self.clock, "the doubles follow no clock"
        now = self.clock.now()
        ahead_s = (now - self._told[name]).total_seconds()
        if ahead_s > 0:
            advance = {"advanceSeconds": ahead_s}
            self.benches[name].partner.control("PUT", "clock", advance).raise_for_status()
            self._told[name] = now

    def _stop(self, bench: PartnerBench) -> datetime:
        told = bench.partner.control("PUT", "clock", {"speed": STANDSTILL}).raise_for_status().json()
        return datetime.fromisoformat(told["now"])


@dataclass
class ShopNetwork(httpx.BaseTransport):
    """What lies between the hub and the doubles. Request number `at` (from 0) meets the failure `fault`; each request
    is `way_s` of simulated time on its way, and so is its answer."""

    shops: Shops
    at: int = -1
    fault: str = "before"
    way_s: float = 0.0
    sent: list[str] = field(default_factory=list)
    """Of each request the shop, and what it is: a method and a path, or a kind and name of a GraphQL document."""
    _network: httpx.HTTPTransport = field(default_factory=lambda: httpx.HTTPTransport(verify=PLAIN))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> None:
        """Without failures, and on no way."""
        self.at, self.way_s, self.sent = -1, 0.0, []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it on, or not."""
        request.read()
        name = next(n for n, bench in self.shops.benches.items() if bench.partner.url.endswith(f":{request.url.port}"))
        with self._lock:
            number = len(self.sent)
            self.sent.append(f"{name} {_what(request)}")
        self._pass()
        if number != self.at:
            answer = self._deliver(name, request)
            self._pass()
            return answer
        if "after" in self.fault:
            self._deliver(name, request)
        if "crash" in self.fault:
            raise Crash(name)
        raise httpx.ReadTimeout("no answer came", request=request)

    def close(self) -> None:
        """End the connections."""
        self._network.close()

    def _deliver(self, name: IntegrationId, request: httpx.Request) -> httpx.Response:
        """The whole answer, so that no time passes while it is read; a file comes as its host sends it."""
        if self.shops.benches[name].partner.running:
            self.shops.catch_up(name)
        answer = self._network.handle_request(request)
        if FILES not in request.url.path:
            answer.read()
            answer.close()
        return answer

    def _pass(self) -> None:
        if self.way_s and self.shops.clock:
            self.shops.clock.sleep(self.way_s)


def is_write(sent: str) -> bool:
    """Whether a request, as `ShopNetwork.sent` has it, is to change something."""
    return sent.split()[1] not in ("GET", "query")


def _what(request: httpx.Request) -> str:
    if request.url.path.endswith("/graphql.json"):
        body = json.loads(request.content)
        return f"{body['query'].split(maxsplit=1)[0]} {body['operationName']}"
    paging = " by cursor" if "cursor" in request.url.params else ""
    return f"{request.method} {request.url.path}{paging}"
