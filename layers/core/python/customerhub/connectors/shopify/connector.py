"""Shopify, as `ports.connector.Connector` wants it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from customerhub.connectors.base import PartnerHttp
from customerhub.connectors.shopify import customers, deliveries, orders, webhooks
from customerhub.connectors.shopify.client import ShopifyClient
from customerhub.connectors.shopify.credentials import ShopifyCredentials
from customerhub.connectors.shopify.discounts import ShopifyDiscounts
from customerhub.connectors.shopify.documents import CUSTOMERS_PAGE, ORDERS_PAGE
from customerhub.connectors.shopify.exports import ShopifyExports
from customerhub.connectors.shopify.orders import to_order
from customerhub.connectors.shopify.pages import PageReader, changed_since, read_page
from customerhub.connectors.shopify.products import ShopifyProducts
from customerhub.connectors.shopify.tokens import token_provider
from customerhub.connectors.shopify.webhooks import ShopifyWebhooks
from customerhub.domain.feed import BulkExport, FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.integration import Integration
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.domain.remote import (
    ExportedRow,
    OutgoingCustomer,
    RemoteChange,
    RemoteCustomer,
    RemoteOrder,
    RemotePage,
    RemoteProduct,
    VerifiedDelivery,
    WebhookSubscription,
)
from customerhub.errors import NotSupported
from customerhub.ports import Clock
from customerhub.ports.partners import Pacer, ResponseTimes, SecretStore


class ShopifyConnector:
    """Implements `ports.connector.Connector` for one shop. GraphQL only, one version."""

    def __init__(
        self,
        integration: Integration,
        credentials: Mapping[str, Any],
        http: httpx.Client,
        pacer: Pacer,
        clock: Clock,
        *,
        times: ResponseTimes | None = None,
        secrets: SecretStore | None = None,
    ) -> None:
        """Asks nothing. Raises CredentialsRefused."""
        self._account = integration.account
        self._credentials = ShopifyCredentials.read(credentials)
        admin = f"{integration.endpoint or f'https://{integration.account}'}".rstrip("/") + "/admin"
        partner = PartnerHttp("Shopify", integration, http, pacer, clock, times=times)
        tokens = token_provider(
            integration, self._credentials, partner, f"{admin}/oauth/access_token", secrets=secrets, clock=clock
        )
        self._client = ShopifyClient(partner, f"{admin}/api", tokens, pacer, clock)
        self._discounts = ShopifyDiscounts(self._client, clock)
        self._webhooks = ShopifyWebhooks(self._client)
        self._products = ShopifyProducts(self._client)
        self._exports = ShopifyExports(self._client, partner)
        self._customers_page = PageReader(self._client, CUSTOMERS_PAGE, "customers")
        self._orders_page = PageReader(self._client, ORDERS_PAGE, "orders")

    def get_customer(self, customer: ExternalId) -> RemoteCustomer | None:
        """As the protocol says."""
        return customers.get_customer(self._client, customer)

    def find_customer_by_email(self, email: str) -> RemoteCustomer | None:
        """As the protocol says."""
        return customers.find_customer_by_email(self._client, email)

    def upsert_customer(self, person: OutgoingCustomer) -> RemoteCustomer:
        """As the protocol says. A phone that another of the shop's customers has, or that the shop does not take, is
        left out; `refused` says so."""
        return customers.upsert_customer(self._client, person)

    def update_customer(self, customer: ExternalId, person: OutgoingCustomer) -> RemoteCustomer | None:
        """As the protocol says, with the phone as in `upsert_customer`."""
        return customers.update_customer(self._client, customer, person)

    def place_offer(self, offer: Offer, placed: PlacedOffer | None) -> PlacedOffer:
        """One automatic discount for the segment of the stage's tag. Raises PartnerRefused where the shop has 25 active
        automatic discounts already, and NotReadyYet while the shop cannot find what it has just been given."""
        return self._discounts.place_offer(offer, placed)

    def withdraw_offer(self, placed: PlacedOffer) -> None:
        """As the protocol says."""
        self._discounts.withdraw_offer(placed)

    def add_customer_to_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        """By the stage's tag; checkout knows of it within minutes."""
        return customers.add_tag(self._client, customer, placed.tag)

    def remove_customer_from_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        """By the stage's tag."""
        return customers.remove_tag(self._client, customer, placed.tag)

    def customers_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """As the protocol says, the one changed longest ago first."""
        nodes, result, next_cursor = self._customers_page.page(changed_since(since), cursor)
        return read_page(
            nodes,
            next_cursor,
            lambda node, row: customers.to_customer(node, result.withheld_under("customers", "nodes", row)),
        )

    def orders_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteOrder]:
        """As the protocol says, the one changed longest ago first. Orders older than 60 days need the scope
        `read_all_orders`."""
        nodes, _, next_cursor = self._orders_page.page(changed_since(since), cursor)
        return read_page(nodes, next_cursor, lambda node, _: to_order(node))

    def products_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteProduct]:
        """As the protocol says, the one changed longest ago first."""
        return self._products.changed_since(since, cursor)

    def get_order(self, order: ExternalId) -> RemoteOrder | None:
        """As the protocol says."""
        return orders.get_order(self._client, order)

    def start_export(self, kind: FeedKind) -> BulkExport:
        """A bulk operation. Raises NotReadyYet while the shop has five others, and NotSupported for products."""
        return self._exports.start(kind)

    def get_export(self, export: ExternalId) -> BulkExport | None:
        """As the protocol says; `url` is good for a week, and is asked for anew here."""
        return self._exports.get(export)

    def read_export(self, export: BulkExport, offset: int) -> Iterator[tuple[ExportedRow, int]]:
        """As the protocol says. Raises PartnerUnavailable where the file breaks off: what came before it holds."""
        return self._exports.read(export, offset)

    def changed_in_bulk(self, reference: ExternalId, cursor: str | None) -> RemotePage[RemoteCustomer]:  # noqa: ARG002
        """Shopify reports each customer by itself."""
        raise NotSupported("Shopify reports no changes in bulk")

    def missed_deliveries_since(self, since: datetime, cursor: str | None) -> RemotePage[VerifiedDelivery]:  # noqa: ARG002
        """Shopify keeps no log of its webhooks: what was missed is pulled."""
        raise NotSupported("Shopify keeps no log of its webhooks")

    def list_webhooks(self) -> Sequence[WebhookSubscription]:
        """Those made over the API; what an app's configuration declares is not shown."""
        return self._webhooks.list()

    def register_webhooks(self, url: str) -> Sequence[WebhookSubscription]:
        """As the protocol says."""
        return self._webhooks.register(url)

    def unregister_webhooks(self, url: str) -> None:
        """As the protocol says. What an app's configuration declares stays."""
        self._webhooks.unregister(url)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> VerifiedDelivery:
        """As the protocol says."""
        return webhooks.verify_webhook(headers, body, account=self._account, secrets=self._credentials.webhook_secrets)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> VerifiedDelivery:
        """As the protocol says."""
        return webhooks.read_event(headers, body, account=self._account)

    def parse_webhook(self, delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        """As the protocol says."""
        return deliveries.parse_webhook(delivery)
