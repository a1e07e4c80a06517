"""Shopify's bench for the contract suite."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from customerhub.domain.integration import Platform
from tests.support.partner_bench import PartnerBench, SampleDelivery, SeenCustomer, SeenOffer, WriteNames

QUERIES = frozenset(
    {"customer", "customerByIdentifier", "customers", "orders", "segments", "discountNode", "discountNodes"}
    | {"webhookSubscriptions", "order", "shop", "products", "product", "bulkOperation", "bulkOperations"}
)


def number_of(gid: str) -> str:
    """The number at the end of a global id."""
    return gid.rpartition("/")[2]


class ShopifyBench(PartnerBench):
    """The double of Shopify."""

    platform = Platform.SHOPIFY
    has_exports = True
    writes = WriteNames(
        create_customer="customerSet",
        change_customer="customerSet",
        tag_customer="tagsAdd",
        untag_customer="tagsRemove",
        place_offer=("segmentCreate", "discountAutomaticBasicCreate"),
        create_webhook="webhookSubscriptionCreate",
        start_export="bulkOperationRunQuery",
    )

    @property
    def account(self) -> str:
        """The shop's domain."""
        return self.partner.credentials["shop_domain"]

    @property
    def credentials(self) -> Mapping[str, Any]:
        """Of an app that was made in the shop's admin."""
        known = self.partner.credentials
        return {"access_token": known["access_token"], "webhook_secret": known["webhook_secret"]}

    def customers(self) -> list[SeenCustomer]:
        """One e-mail and one phone each."""
        return [
            SeenCustomer(
                id=number_of(record["id"]),
                emails=(record["email"],) if record["email"] else (),
                phones=(record["phone"],) if record["phone"] else (),
                first_name=record["firstName"],
                last_name=record["lastName"],
                tags=tuple(record["tags"]),
            )
            for record in self.state()["customers"]
        ]

    def offers(self) -> list[SeenOffer]:
        """In per cent, as the hub speaks of them."""
        return [
            SeenOffer(record["title"], round(record["percentage"] * 100, 2), record["status"] == "ACTIVE")
            for record in self.state()["discounts"]
        ]

    def subscriptions(self) -> list[tuple[str, str]]:
        """The API's name of the topic, and the URL."""
        return [(record["topic"], record["uri"]) for record in self.state()["subscriptions"]]

    def exports(self) -> list[str]:
        """Bulk operations."""
        return [number_of(record["id"]) for record in self.state()["bulkOperations"]]

    def sign(self, sample: SampleDelivery, *, url: str, secret: str | None = None) -> Mapping[str, str]:  # noqa: ARG002
        """Over the raw bytes, with the app's secret."""
        key = secret or self.credentials["webhook_secret"]
        signature = base64.b64encode(hmac.new(key.encode(), sample.body, hashlib.sha256).digest()).decode()
        return {
            "content-type": "application/json",
            "x-shopify-topic": sample.topic,
            "x-shopify-hmac-sha256": signature,
            "x-shopify-shop-domain": self.account,
            "x-shopify-api-version": "2026-10",
            "x-shopify-webhook-id": hashlib.sha256(sample.body).hexdigest()[:32],
            "x-shopify-event-id": hashlib.sha256(sample.topic.encode() + sample.body).hexdigest()[:32],
            "x-shopify-triggered-at": "2026-11-25T11:59:58.123456Z",
        }

    def samples(self) -> Sequence[SampleDelivery]:
        """Everything that is subscribed to, and what is declared by an app's configuration."""
        customer = {
            "id": 706405506930370084,
            "admin_graphql_api_id": "gid://shopify/Customer/706405506930370084",
            "created_at": "2026-10-01T12:00:00-05:00",
            "updated_at": "2026-11-25T11:59:58-05:00",
            "first_name": "Bob",
            "last_name": "Biller",
            "email": "bob@example.com",
            "phone": "+14155550111",
            "addresses": [],
        }
        order = {
            "id": 820982911946154508,
            "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
            "name": "#9999",
            "created_at": "2026-11-25T11:00:00-05:00",
            "updated_at": "2026-11-25T11:30:00-05:00",
            "currency": "USD",
            "financial_status": "paid",
            "total_price": "404.00",
            "current_total_price": "398.00",
            "customer": customer,
        }
        tags = {"customerId": customer["admin_graphql_api_id"], "tags": ["VIP"], "occurredAt": "2026-11-25T11:00:00Z"}
        consent = {"customer_id": customer["id"], "email_marketing_consent": {"state": "subscribed"}}
        merge = {
            "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
            "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
            "status": "completed",
        }
        who, what = "706405506930370084", "820982911946154508"
        return [
            _sample("customers/create", customer, ("customer", "created", who)),
            _sample("customers/update", customer, ("customer", "updated", who)),
            _sample("customers/enable", customer, ("customer", "updated", who)),
            _sample("customers/disable", customer, ("customer", "updated", who)),
            _sample("customers/delete", {"id": customer["id"]}, ("customer", "deleted", who)),
            _sample("customers/merge", merge, ("customer", "merged", "1")),
            _sample("customer.tags_added", tags, ("customer", "tags", who)),
            _sample("customer.tags_removed", tags, ("customer", "tags", who)),
            _sample("customers_email_marketing_consent/update", consent, ("customer", "consent", who)),
            _sample("customers_marketing_consent/update", {"id": customer["id"]}, ("customer", "consent", who)),
            _sample("orders/create", order, ("order", "created", what)),
            _sample("orders/paid", order, ("order", "paid", what)),
            _sample("orders/updated", order, ("order", "updated", what)),
            _sample("orders/cancelled", order, ("order", "cancelled", what)),
            _sample("orders/delete", {"id": order["id"]}, ("order", "deleted", what)),
            _sample("app/uninstalled", {"id": 1}, ("integration", "uninstalled", self.account)),
            _sample("customers/redact", {"customer": {"id": customer["id"]}}, ("customer", "redact", who)),
            _sample("products/update", {"id": 1}),
        ]

    def is_write(self, operation: str) -> bool:
        """Whatever is no query, and reads no file."""
        return not operation.startswith("GET ") and not QUERIES.issuperset(operation.split(","))

    def id_of(self, record: Mapping[str, Any]) -> str:
        """The number of a global id."""
        return number_of(str(record["id"]))

    def control_id(self, external_id: str) -> str:
        """The control surface takes global ids."""
        return f"gid://shopify/Customer/{external_id}"

    def more_customers_than_at_once(self) -> int:
        """Of a smaller bucket than any plan has."""
        self.settings(bucketSize=400)
        return 60

    def control(self, path: str, fields: Mapping[str, Any]) -> None:
        """`POST` to the control surface, which must do what is asked."""
        self.partner.control("POST", path, fields).raise_for_status()

    def settings(self, **changes: Any) -> None:
        """The double's switches."""
        self.partner.control("PUT", "settings", changes).raise_for_status()


def _sample(topic: str, body: Mapping[str, Any], *changes: tuple[str, str, str]) -> SampleDelivery:
    return SampleDelivery(topic, json.dumps(body).encode(), changes)
