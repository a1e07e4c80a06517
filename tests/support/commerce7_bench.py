"""Commerce7's bench for the contract suite, and what else its own tests do to a shop, see of it, and put in its way."""

import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from customerhub.connectors.commerce7.connector import Commerce7Connector
from customerhub.connectors.commerce7.tags import HUB_TAG
from customerhub.domain.integration import Platform
from customerhub.ports.partners import Pacer
from tests.support import commerce7_samples as shapes
from tests.support.partner_bench import PartnerBench, SampleDelivery, SeenCustomer, SeenOffer, WriteNames

WEBHOOK_SECRET = "a-secret-segment"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Of no use, and quickly made: the double speaks no TLS."""
Json = dict[str, Any]


class Commerce7Bench(PartnerBench):
    """The double of Commerce7."""

    platform = Platform.COMMERCE7
    has_exports = False
    writes = WriteNames(
        create_customer="POST /customer",
        change_customer="PUT /customer/{id}",
        tag_customer="POST /tag-x-object/customer",
        untag_customer="DELETE /tag-x-object/customer/{tagId}/{customerId}",
        place_offer=("POST /tag/customer", "POST /promotion", "PUT /promotion/{id}"),
        create_webhook="POST /web-hook",
    )

    @property
    def account(self) -> str:
        """The tenant id."""
        return self.partner.credentials["tenant"]

    @property
    def credentials(self) -> Mapping[str, Any]:
        """With a webhook secret of our own."""
        known = self.partner.credentials
        return {
            "app_id": known["app_id"],
            "app_secret": known["app_secret"],
            "webhook_secret": WEBHOOK_SECRET,
        }

    def customers(self) -> list[SeenCustomer]:
        """With the titles of their tags."""
        return [
            SeenCustomer(
                id=record["id"],
                emails=tuple(entry["email"] for entry in record["emails"]),
                phones=tuple(entry["phone"] for entry in record["phones"]),
                first_name=record["firstName"],
                last_name=record["lastName"],
                tags=tuple(tag["title"] for tag in record["tags"]),
            )
            for record in self.state()["customers"]
        ]

    def offers(self) -> list[SeenOffer]:
        """Without what every promotion of the hub begins with."""
        return [
            SeenOffer(record["title"].removeprefix("Club: "), record["discount"] / 100, record["status"] == "Enabled")
            for record in self.state()["promotions"]
        ]

    def subscriptions(self) -> list[tuple[str, str]]:
        """Object and action, and the URL."""
        return [(f"{hook['object']}/{hook['action']}", hook["url"]) for hook in self.state()["subscriptions"]]

    def sign(
        self,
        sample: SampleDelivery,  # noqa: ARG002 - nothing is signed
        *,
        url: str,
        secret: str | None = None,
    ) -> Mapping[str, str]:
        """The path ends with the secret."""
        return {":path": f"{httpx.URL(url).path}/{secret or WEBHOOK_SECRET}", "content-type": "application/json"}

    def samples(self) -> Sequence[SampleDelivery]:
        """One of each that the hub subscribes to, and one that it does not know."""
        bulk = {"callbackUrl": f"{self.partner.url}/v1/customer?tagId={shapes.BRONZE_TAG}&cursor=start"}
        customer, order = shapes.customer(), shapes.order()
        return [
            self._sample("Customer", "Create", customer, ("customer", "created", customer["id"])),
            self._sample("Customer", "Update", customer, ("customer", "updated", customer["id"])),
            self._sample("Customer", "Delete", customer, ("customer", "deleted", customer["id"])),
            self._sample("Customer", "Bulk Update", bulk, ("customers", "updated", f"tagId={shapes.BRONZE_TAG}")),
            self._sample("Order", "Create", order, ("order", "created", order["id"])),
            self._sample("Order", "Update", order, ("order", "updated", order["id"])),
            self._sample("Order", "Delete", order, ("order", "deleted", order["id"])),
            self._sample("Product", "Update", {"id": "1"}),
        ]

    def is_write(self, operation: str) -> bool:
        """Whatever is no GET."""
        return not operation.startswith("GET ")

    def fresh(
        self, network: httpx.BaseTransport | None = None, pacer: Pacer | None = None, **credentials: Any
    ) -> Commerce7Connector:
        """A connector that remembers nothing, with what Commerce7's has beyond the port."""
        network = network or httpx.HTTPTransport(verify=PLAIN)
        connector = self.connect(transport=network, pacer=pacer, credentials={**self.credentials, **credentials})
        assert isinstance(connector, Commerce7Connector)
        return connector

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        """The API itself, as another app of the merchant would."""
        answer = httpx.request(
            method,
            f"{self.partner.url}/v1/{path}",
            json=content,
            headers={"tenant": self.account},
            auth=(self.credentials["app_id"], self.credentials["app_secret"]),
            trust_env=False,
            verify=PLAIN,
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def settings(self, **changes: Any) -> None:
        """The double's switches."""
        self.partner.control("PUT", "settings", changes).raise_for_status()

    def stage_tags(self) -> list[str]:
        """The titles of all tags of customers but the hub's own."""
        return [tag["title"] for tag in self.state()["tags"] if tag["title"] != HUB_TAG]

    def refusals(self) -> Mapping[str, int]:
        """How many requests were answered with a 4xx, by status."""
        counted: dict[str, int] = self.state()["requests"]["byStatus"]
        return {status: count for status, count in counted.items() if status.startswith("4")}

    def _sample(self, about: str, action: str, payload: Json, *changes: tuple[str, str, str]) -> SampleDelivery:
        body = shapes.delivery(about, action, payload, tenantId=self.account)
        return SampleDelivery(f"{about}/{action}", body, changes)


@dataclass
class Hindrance(httpx.BaseTransport):
    """The network to the double. Request number `at` (from 0) meets a failure: `before` and `after` are no answer,
    without and with effect, `status` is a 503. `meanwhile` is done once, before a request of that method and path."""

    at: int = -1
    failure: str = "before"
    meanwhile: tuple[str, str, Callable[[], object]] | None = None
    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, path and body of every request."""
    _network: httpx.HTTPTransport = field(default_factory=lambda: httpx.HTTPTransport(verify=PLAIN))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it on, or not."""
        body = request.read()
        self.sent.append((request.method, request.url.path, json.loads(body) if body else None))
        self._interfere(request)
        if len(self.sent) - 1 != self.at:
            return self._network.handle_request(request)
        if self.failure == "status":
            return httpx.Response(503)
        if self.failure == "after":
            answer = self._network.handle_request(request)
            answer.read()
            answer.close()
            raise httpx.ReadTimeout("no answer came", request=request)
        raise httpx.ConnectError("refused", request=request)

    def close(self) -> None:
        """End the connections."""
        self._network.close()

    def _interfere(self, request: httpx.Request) -> None:
        if self.meanwhile and (request.method, request.url.path) == self.meanwhile[:2]:
            act, self.meanwhile = self.meanwhile[2], None
            act()
