"""The Commerce7 double: one tenant that has installed one app.

Built after the public documents (developer.commerce7.com/docs, July 2026) and after what others have observed of the
live API (October 2026). What nobody knows is a switch (`settings.py`); what Commerce7 has and this has not is a 501.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.local.partners.commerce7.allowance import Allowance
from infra.local.partners.commerce7.announcing import RETRY_DELAYS_S, log_attempt
from infra.local.partners.commerce7.api import Commerce7Api, error_response
from infra.local.partners.commerce7.endpoints import Parts
from infra.local.partners.commerce7.settings import Settings
from infra.local.partners.commerce7.shop import STAFF, Records, Shop, in_order
from infra.local.partners.commerce7.staff import Staff
from infra.local.partners.commerce7.wire import Commerce7Error, Json, unauthorized
from infra.local.partners.control import control_body, route
from infra.local.partners.double import Call, Surroundings, UnknownRecord
from infra.local.partners.records import ControlInput, CustomerFields, OrderFields, ProductFields, Text
from infra.local.partners.webhooks import Attempt, Delivery

TENANT = "demo-winery"
SHOWN = {
    "tags": "tags",
    "orders": "orders",
    "products": "products",
    "subscriptions": "web_hooks",
    "promotions": "promotions",
    "coupons": "coupons",
    "addresses": "addresses",
    "webHookLogs": "web_hook_logs",
}
"""Key in the state to the table that it shows, but for the customers."""
FAILURES = {
    401: ("unauthorized", "Unauthorized user"),
    404: ("notFound", "Document not found or method not found"),
    422: ("validationError", "One or more elements is missing or invalid"),
    429: ("tooManyRequests", "Too many requests"),
}
ANY_FAILURE = ("unknown", "something went wrong")


class BulkTag(ControlInput):
    """Body of `POST /_control/bulk-tag`."""

    tag: Text
    customer_ids: list[Text] = Field(min_length=1)


class Refund(ControlInput):
    """Body of `POST /_control/refunds`; all of it where no amount is named."""

    order_id: Text
    total_cents: int | None = Field(None, gt=0)


class Commerce7Double:
    """See `infra.local.partners.double.Double`."""

    def __init__(self, tenant: str, app_id: str, app_secret: str, surroundings: Surroundings) -> None:
        self._shop = Shop(tenant, app_id, surroundings.clock, surroundings.webhooks)
        self._parts = Parts.of(self._shop)
        self._staff = Staff(self._shop, self._parts)
        self._allowance = Allowance(surroundings.clock)
        self._api = Commerce7Api(self._shop, self._parts, app_secret, surroundings.traffic, self._allowance)
        self._base_url = surroundings.base_url
        surroundings.webhooks.retry_delays_s = RETRY_DELAYS_S

    @property
    def api(self) -> ASGIApp:
        """Everything under `/v1`."""
        return self._api

    @property
    def controls(self) -> Sequence[Route]:
        """The switches, bulk tagging, refunds and products."""
        return [
            route("GET", "/settings", self._show_settings),
            route("PUT", "/settings", self._set_settings),
            route("POST", "/bulk-tag", self._tag_in_bulk),
            route("POST", "/refunds", self._refund),
            route("POST", "/products", self._create_product),
            route("PATCH", "/products/{id}", self._change_product),
            route("DELETE", "/products/{id}", self._delete_product),
        ]

    def operation(self, call: Call) -> str:
        """`PUT /customer/{id}`."""
        found = self._api.find(call.method, call.path)
        return f"{call.method} {found.endpoint.path if found else call.path}"

    def failure(self, status: int, retry_after_s: float | None) -> Response:
        """A 500 is worded as in Commerce7's open code; other failures are not documented."""
        return error_response(Commerce7Error(status, *FAILURES.get(status, ANY_FAILURE)), retry_after_s)

    def revoked(self) -> Response:
        """What the app gets from a tenant that has uninstalled it."""
        return error_response(unauthorized())

    def state(self, limit: int | None) -> Json:
        """Also: the allowance, mails to customers, hooks that were disabled, and the switches."""
        records = self._shop.records
        tables = {key: getattr(records, name) for key, name in SHOWN.items()}
        customers = in_order(list(records.customers), limit)
        return {
            "customers": [self._parts.customers.shown(customer) for customer in customers],
            **{key: in_order(table.dump(), limit) for key, table in tables.items()},
            "counts": {"customers": len(records.customers), **{key: len(table) for key, table in tables.items()}},
            "allowance": self._allowance.shown(self._shop.settings.requests_per_minute),
            "emailsSent": records.emails_sent,
            "disabledSubscriptions": records.disabled_web_hooks,
            "settings": self._settings(),
        }

    def create_customer(self, fields: CustomerFields) -> Json:
        """With the same rules as the API."""
        return self._staff.create_customer(fields)

    def change_customer(self, customer_id: str, fields: CustomerFields) -> Json:
        """Another `email` or `phone` replaces the first one; the others stay."""
        return self._staff.change_customer(customer_id, fields)

    def delete_customer(self, customer_id: str) -> None:
        """Orders keep the id of who is gone."""
        self._staff.delete_customer(customer_id)

    def create_order(self, fields: OrderFields) -> Json:
        """An unknown e-mail becomes a customer."""
        return self._staff.place_order(fields)

    def seed(self, customers: int, orders: int) -> None:
        """E-mails are `seeded-<n>@example.com`, phones US numbers."""
        self._staff.seed(customers, orders)

    def checkout(self, email: str) -> Json:
        """`{"email", "customerId", "discountPercent", "promotions": [{"id", "title", "discountPercent"}]}`."""
        return self._staff.checkout(email)

    def delivered(self, delivery: Delivery, attempt: Attempt) -> None:
        """Goes into the web hook log."""
        log_attempt(self._shop, delivery, attempt)

    def reset(self) -> None:
        """The switches, too."""
        self._shop.records = Records()
        self._shop.settings = Settings()
        self._allowance.reset()

    def dump(self) -> Json:
        """Records and switches."""
        return {"records": self._shop.records.dump(), "settings": self._settings()}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """What `dump` gave."""
        self._shop.records = Records.load(dumped["records"])
        self._shop.settings = Settings.model_validate(dumped["settings"])

    def _settings(self) -> Json:
        return self._shop.settings.model_dump(mode="json", by_alias=True)

    async def _show_settings(self, _: Request) -> Response:
        return JSONResponse(self._settings())

    async def _set_settings(self, request: Request) -> Response:
        """What is left out stays."""
        changes = await control_body(request, Settings)
        self._shop.settings = self._shop.settings.model_copy(update=changes.given())
        return await self._show_settings(request)

    async def _tag_in_bulk(self, request: Request) -> Response:
        wanted = await control_body(request, BulkTag)
        try:
            tag = self._parts.tags.give_in_bulk(wanted.tag, wanted.customer_ids, self._base_url, STAFF)
        except Commerce7Error as error:
            raise UnknownRecord from error
        return JSONResponse(tag, 201)

    async def _refund(self, request: Request) -> Response:
        wanted = await control_body(request, Refund)
        return JSONResponse(self._staff.refund(wanted.order_id, wanted.total_cents), 201)

    async def _create_product(self, request: Request) -> Response:
        return JSONResponse(self._parts.products.create(await control_body(request, ProductFields)), 201)

    async def _change_product(self, request: Request) -> Response:
        fields = await control_body(request, ProductFields)
        return JSONResponse(self._parts.products.change(request.path_params["id"], fields))

    async def _delete_product(self, request: Request) -> Response:
        self._parts.products.delete(request.path_params["id"])
        return Response(status_code=204)


def made_up_credentials() -> dict[str, str]:
    """A tenant, and an app with its secret."""
    return {"tenant": TENANT, "app_id": "customer-hub", "app_secret": secrets.token_urlsafe(32)}


def create(credentials: Mapping[str, str], surroundings: Surroundings) -> Commerce7Double:
    """The double of that tenant."""
    return Commerce7Double(credentials["tenant"], credentials["app_id"], credentials["app_secret"], surroundings)
