"""The Shopify double: one shop in which one app is installed, answering on the real Admin schema of 2026-10.

Built after the schema and the documents of Shopify as of November 2026. What nobody knows for sure is a switch
(`settings.py`); what the schema has and this has not is refused, and named.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.local.partners.bulk import uncollected
from infra.local.partners.control import control_body, route
from infra.local.partners.double import Call, Surroundings
from infra.local.partners.records import ControlInput, CustomerFields, OrderFields, ProductFields
from infra.local.partners.shopify import payloads
from infra.local.partners.shopify.api import AdminApi, failure
from infra.local.partners.shopify.broadcast import Broadcast
from infra.local.partners.shopify.bucket import Bucket
from infra.local.partners.shopify.bulk_files import BulkFiles
from infra.local.partners.shopify.bulk_operations import BulkRunner
from infra.local.partners.shopify.engine import Engine
from infra.local.partners.shopify.products import ProductShelf
from infra.local.partners.shopify.schema import ensure_schema, load_schema
from infra.local.partners.shopify.settings import Settings
from infra.local.partners.shopify.shop import ESTATE, FIRST_NUMBER, FIRST_ORDER_NUMBER, NAME, Estate, Shop
from infra.local.partners.shopify.shown import shop_state
from infra.local.partners.shopify.staff import AccountFields, ConsentFields, MergeFields, Staff
from infra.local.partners.shopify.tokens import Tokens
from infra.local.partners.webhooks import Attempt, Delivery

Json = dict[str, Any]
SHOP_DOMAIN = "customer-hub-demo.myshopify.com"


class NewTokens(ControlInput):
    """Body of `POST /_control/tokens`: an expiring access token with its refresh token, as an installation gives."""

    expiring: Literal[True] = True


class ShopifyDouble:
    """See `infra.local.partners.double.Double`."""

    def __init__(self, credentials: Mapping[str, str], surroundings: Surroundings) -> None:
        clock = surroundings.clock
        self._shop = Shop(credentials["shop_domain"], clock)
        self._bucket = Bucket(clock, self._shop.settings)
        self._tokens = Tokens(
            clock, credentials["client_id"], credentials["client_secret"], credentials["access_token"]
        )
        self._broadcast = Broadcast(self._shop, credentials["client_secret"], surroundings.webhooks)
        self._staff = Staff(self._shop)
        self._products = ProductShelf(self._shop)
        engine = Engine(load_schema(), self._shop, self._bucket)
        self._files = BulkFiles(clock, surroundings.base_url)
        self._shop.file_url = lambda number: self._files.url(number, self._shop.settings)
        self._bulk = BulkRunner(self._shop, self._files, engine.execute, clock)
        self._api = AdminApi(
            engine,
            self._tokens,
            self._shop,
            self._broadcast,
            traffic=surroundings.traffic,
            bulk=self._bulk,
            files=self._files,
        )

    @property
    def api(self) -> ASGIApp:
        """Everything under `/admin`, and the files under `/bulk`."""
        return self._api.app

    @property
    def controls(self) -> Sequence[Route]:
        """The switches, tokens, and what else staff does: to customers, orders, products and the app."""
        return [
            route("GET", "/settings", self._show_settings),
            route("PUT", "/settings", self._set_settings),
            route("POST", "/tokens", self._issue_tokens),
            route("DELETE", "/orders/{id:path}", self._delete_order),
            route("POST", "/customers/{id:path}/merge", self._merge_customers),
            route("POST", "/customers/{id:path}/state", self._set_account),
            route("POST", "/customers/{id:path}/consent", self._set_consent),
            route("POST", "/products", self._create_product),
            route("PATCH", "/products/{id:path}", self._change_product),
            route("DELETE", "/products/{id:path}", self._delete_product),
            route("POST", "/uninstall", self._uninstall),
            route("POST", "/install", self._install),
            route("GET", "/events", self._show_events),
        ]

    def operation(self, call: Call) -> str:
        """`customerSet`."""
        return self._api.operation(call)

    def failure(self, status: int, retry_after_s: float | None) -> Response:
        """JSON with `errors`, or a page of the proxy in front."""
        return failure(status, retry_after_s)

    def revoked(self) -> Response:
        """As for a token that never was one."""
        return failure(401)

    def state(self, limit: int | None) -> Json:
        """All records, and the allowance."""
        allowance = {**self._bucket.status(), "pointsCharged": self._bucket.charged}
        return {**shop_state(self._shop, limit), "allowance": allowance}

    def create_customer(self, fields: CustomerFields) -> Json:
        """See `Staff`."""
        created = self._staff.create_customer(fields)
        self._broadcast.send_news()
        return created

    def change_customer(self, customer_id: str, fields: CustomerFields) -> Json:
        """See `Staff`."""
        changed = self._staff.change_customer(customer_id, fields)
        self._broadcast.send_news()
        return changed

    def delete_customer(self, customer_id: str) -> None:
        """See `Staff`."""
        self._staff.delete_customer(customer_id)
        self._broadcast.send_news()

    def create_order(self, fields: OrderFields) -> Json:
        """See `Staff`."""
        created = self._staff.create_order(fields)
        self._broadcast.send_news()
        return created

    def seed(self, customers: int, orders: int) -> None:
        """See `Staff`."""
        self._staff.seed(customers, orders)

    def checkout(self, email: str) -> Json:
        """See `Staff`."""
        return self._staff.checkout(email)

    def delivered(self, delivery: Delivery, attempt: Attempt) -> None:
        """See `Broadcast`."""
        self._broadcast.delivered(delivery, attempt)

    def reset(self) -> None:
        """A new shop with a full allowance; only the token of the credentials stays good."""
        self._shop.restore(Estate(FIRST_NUMBER - 1, FIRST_ORDER_NUMBER - 1, [], [], [], [], []))
        self._shop.take_events()
        self._bulk.forget()
        self._broadcast.reset()
        self._tokens.forget()
        self._tokens.is_installed = True
        self._configure(Settings())
        self._bucket.charged = 0

    def dump(self) -> Json:
        """The records as one text: quicker to write than as many objects."""
        return {
            "estate": ESTATE.dump_json(self._shop.estate()).decode(),
            "settings": self._shop.settings.model_dump(mode="json", by_alias=True),
            "tokens": self._tokens.dump(),
        }

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Continue from what `dump` gave."""
        with uncollected():
            self._shop.restore(ESTATE.validate_json(dumped["estate"]))
        self._configure(Settings.model_validate(dumped["settings"]))
        self._tokens.load(dumped["tokens"])

    def _configure(self, settings: Settings) -> None:
        self._shop.configure(settings)
        self._bucket.restart(settings)
        self._files.break_off(settings.bulk_breaks_off_after)

    async def _show_settings(self, _: Request) -> Response:
        return JSONResponse(self._shop.settings.model_dump(mode="json", by_alias=True))

    async def _set_settings(self, request: Request) -> Response:
        wanted = await control_body(request, Settings)
        self._configure(self._shop.settings.model_copy(update=wanted.given()))
        return await self._show_settings(request)

    async def _issue_tokens(self, request: Request) -> Response:
        await control_body(request, NewTokens)
        return JSONResponse(self._tokens.issue_expiring().body(self._shop.settings.scopes), 201)

    async def _delete_order(self, request: Request) -> Response:
        self._staff.delete_order(request.path_params["id"])
        self._broadcast.send_news()
        return Response(status_code=204)

    async def _merge_customers(self, request: Request) -> Response:
        fields = await control_body(request, MergeFields)
        return self._told(self._staff.merge_customers(request.path_params["id"], fields))

    async def _set_account(self, request: Request) -> Response:
        fields = await control_body(request, AccountFields)
        return self._told(self._staff.set_account(request.path_params["id"], fields))

    async def _set_consent(self, request: Request) -> Response:
        fields = await control_body(request, ConsentFields)
        return self._told(self._staff.set_consent(request.path_params["id"], fields))

    async def _create_product(self, request: Request) -> Response:
        return self._told(self._products.create(await control_body(request, ProductFields)), 201)

    async def _change_product(self, request: Request) -> Response:
        fields = await control_body(request, ProductFields)
        return self._told(self._products.change(request.path_params["id"], fields))

    async def _delete_product(self, request: Request) -> Response:
        self._products.delete(request.path_params["id"])
        return Response(status_code=204)

    async def _uninstall(self, _: Request) -> Response:
        """Staff throws the app out: its token is dead by the time it hears of it, and its subscriptions are gone."""
        self._tokens.is_installed = False
        self._shop.begin_action()
        self._shop.tell("APP_UNINSTALLED", payloads.uninstalled_app(self._shop.domain, NAME))
        self._broadcast.send_news()
        for subscription in list(self._shop.subscriptions.live.values()):
            self._shop.subscriptions.remove(subscription.number)
        return Response(status_code=204)

    async def _install(self, _: Request) -> Response:
        self._tokens.is_installed = True
        return Response(status_code=204)

    async def _show_events(self, _: Request) -> Response:
        return JSONResponse({"events": self._broadcast.events()})

    def _told(self, shown: Json, status: int = 200) -> Response:
        self._broadcast.send_news()
        return JSONResponse(shown, status)


def made_up_credentials() -> dict[str, str]:
    """Those of an app that was made in the shop's admin. Webhooks are signed with the client secret."""
    ensure_schema()
    secret = f"shpss_{secrets.token_hex(16)}"
    return {
        "shop_domain": SHOP_DOMAIN,
        "client_id": secrets.token_hex(16),
        "client_secret": secret,
        "access_token": f"shpat_{secrets.token_hex(16)}",
        "webhook_secret": secret,
    }


def create(credentials: Mapping[str, str], surroundings: Surroundings) -> ShopifyDouble:
    """A shop without records."""
    return ShopifyDouble(credentials, surroundings)
