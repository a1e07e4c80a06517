"""A CRM in memory, for tests of what the hub does with one: it forgets nothing, and forgives nothing.

Like the worst of the real ones it makes a second customer with the same e-mail where two callers create at once, and
grants a discount as often as it is told to.
"""

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from customerhub.domain.ids import ExternalId, IntegrationId, TenantId
from customerhub.domain.integration import Integration
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer, WebhookSubscription
from customerhub.errors import NotSupported, PartnerUnavailable
from tests.support.faults import Crash

Fault = tuple[str, BaseException]
"""`before` or `after` the effect, and what the caller meets."""
Plan = Callable[[int, str], Fault | None]
"""Whether the call of that number (from 0) and name fails."""


def no_fault(_number: int, _name: str) -> Fault | None:
    return None


def unavailable(status: int | None = 503, retry_after_s: int = 1) -> PartnerUnavailable:
    return PartnerUnavailable("the CRM is not well", status=status, retry_after_s=retry_after_s)


PARTNER_FAULTS: dict[str, Callable[[], Fault]] = {
    "refused before": lambda: ("before", unavailable()),
    "time-out with effect": lambda: ("after", unavailable(None)),
    "crash before": lambda: ("before", Crash("CRM")),
    "crash after": lambda: ("after", Crash("CRM")),
}


def failing_at(number: int, fault: Callable[[], Fault]) -> Plan:
    """One call fails, once."""
    return lambda call, _name: fault() if call == number else None


@dataclass
class FakeCrm:
    """One merchant's account. `writes` are those that changed something; `pause_s` is how long a write takes."""

    customers: dict[ExternalId, RemoteCustomer] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    plan: Plan = no_fault
    refuses: BaseException | None = None
    """What an upsert meets that would create."""
    pause_s: float = 0
    has_one_phone: bool = False
    """Whether a phone that is told takes the place of the one that is there, as in Shopify."""
    subscribed: list[str] = field(default_factory=list)
    """Where everything is reported to."""
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(9_007_199_254_740_993))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def connector(self) -> "FakeConnector":
        return FakeConnector(self)

    def with_email(self, email: str) -> list[RemoteCustomer]:
        return [one for one in self.customers.values() if email.casefold() in map(str.casefold, one.emails)]

    def grants(self) -> dict[ExternalId, list[str]]:
        """Of each customer, the names of the offers granted, as often as they are."""
        return {
            one.id: sorted(self.offers[tag].name for tag in one.tags or () if tag in self.offers)
            for one in self.customers.values()
        }

    def call(self, name: str, effect: Callable[[], Any]) -> Any:
        with self._lock:
            number = len(self.calls)
            self.calls.append(name)
            fault = self.plan(number, name)
        if fault and fault[0] == "before":
            raise fault[1]
        result = effect()
        if fault:
            raise fault[1]
        return result

    def put(self, name: str, customer: RemoteCustomer) -> RemoteCustomer:
        if self.pause_s:
            time.sleep(self.pause_s)
        with self._lock:
            self.writes.append(name)
            self.customers[customer.id] = replace(customer, updated_at=datetime.now(UTC))
            return self.customers[customer.id]

    def fresh_id(self) -> ExternalId:
        return ExternalId(str(next(self._ids)))


@dataclass(frozen=True)
class FakeConnector:
    """Implements what jobs use of `ports.connector.Connector`; the rest is not asked for."""

    crm: FakeCrm

    def get_customer(self, customer: ExternalId) -> RemoteCustomer | None:
        found: RemoteCustomer | None = self.crm.call("get_customer", lambda: self.crm.customers.get(customer))
        return found

    def find_customer_by_email(self, email: str) -> RemoteCustomer | None:
        return self._find(email)

    def upsert_customer(self, person: OutgoingCustomer) -> RemoteCustomer:
        found = self._find(person.email)
        if found:
            return self.update_customer(found.id, person) or found
        if self.crm.refuses:
            raise self.crm.refuses
        fresh = RemoteCustomer(self.crm.fresh_id(), (person.email,), tags=("hub",))
        created: RemoteCustomer = self.crm.call("create", lambda: self.crm.put("create", self._told(fresh, person)))
        return created

    def update_customer(self, customer: ExternalId, person: OutgoingCustomer) -> RemoteCustomer | None:
        found = self.get_customer(customer)
        if found is None or self._told(found, person) == found:
            return found
        updated: RemoteCustomer = self.crm.call("update", lambda: self.crm.put("update", self._told(found, person)))
        return updated

    def place_offer(self, offer: Offer, _placed: PlacedOffer | None) -> PlacedOffer:
        tag = f"tag-{offer.stage}"
        known = self.crm.call("get_offer", lambda: self.crm.offers.get(tag))
        if known != offer:
            self.crm.call("put_offer", lambda: self._put_offer(tag, offer))
        return PlacedOffer(offer, {"tag": tag})

    def withdraw_offer(self, placed: PlacedOffer) -> None:
        self.crm.call("delete_offer", lambda: self.crm.offers.pop(placed.tag, None))

    def add_customer_to_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        if placed.tag in (customer.tags or ()):
            return customer
        self.crm.call("grant", lambda: self._tag(customer.id, placed.tag))
        return replace(customer, tags=(*(customer.tags or ()), placed.tag))

    def remove_customer_from_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        if placed.tag not in (customer.tags or ()):
            return customer
        self.crm.call("revoke", lambda: self._untag(customer.id, placed.tag))
        return replace(customer, tags=tuple(tag for tag in customer.tags or () if tag != placed.tag))

    def list_webhooks(self) -> Sequence[WebhookSubscription]:
        """One for everything."""
        urls: list[str] = self.crm.call("list_webhooks", lambda: list(self.crm.subscribed))
        return [WebhookSubscription(ExternalId(str(n)), "customers/update", url) for n, url in enumerate(urls)]

    def register_webhooks(self, url: str) -> Sequence[WebhookSubscription]:
        if url not in self.crm.subscribed:
            self.crm.call("register_webhook", lambda: self.crm.subscribed.append(url))
        return self.list_webhooks()

    def unregister_webhooks(self, url: str) -> None:
        if url in self.crm.subscribed:
            self.crm.call("unregister_webhook", lambda: self.crm.subscribed.remove(url))

    def missed_deliveries_since(self, *_: object) -> Any:
        raise NotSupported("this CRM keeps no log of its webhooks")

    def _find(self, email: str) -> RemoteCustomer | None:
        return next(iter(self.crm.call("find", lambda: self.crm.with_email(email))), None)

    def _told(self, customer: RemoteCustomer, person: OutgoingCustomer) -> RemoteCustomer:
        phones = customer.phones
        if person.phone and person.phone not in phones:
            phones = (person.phone,) if self.crm.has_one_phone else (*phones, person.phone)
        return replace(
            customer,
            first_name=person.first_name or customer.first_name,
            last_name=person.last_name or customer.last_name,
            phones=phones,
        )

    def _put_offer(self, tag: str, offer: Offer) -> None:
        self.crm.writes.append("put_offer")
        self.crm.offers[tag] = offer

    def _tag(self, customer: ExternalId, tag: str) -> None:
        now = self.crm.customers[customer]
        self.crm.put("grant", replace(now, tags=(*(now.tags or ()), tag)))

    def _untag(self, customer: ExternalId, tag: str) -> None:
        now = self.crm.customers[customer]
        self.crm.put("revoke", replace(now, tags=tuple(one for one in now.tags or () if one != tag)))


@dataclass(frozen=True)
class FakeConnectors:
    """Implements `ports.partners.Connectors`, with one CRM for each integration. `renewed` are those whose credentials
    are found to be others, once each."""

    crms: dict[str, FakeCrm]
    renewed: list[str] = field(default_factory=list)

    def open(self, integration: Integration) -> Any:
        return self.crms[integration.id].connector()

    def try_open(self, integration: Integration, _: Any) -> Any:
        return self.open(integration)

    def are_renewed(self, _: TenantId, integration: IntegrationId) -> bool:
        if integration not in self.renewed:
            return False
        self.renewed.remove(integration)
        return True


@dataclass
class FakeMessenger:
    """Implements `ports.Messenger`. `plan` says what a call meets."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    plan: Plan = no_fault

    def send_email(self, to: str, subject: str, text: str) -> None:
        number = len(self.calls)
        self.calls.append("send_email")
        fault = self.plan(number, "send_email")
        if fault and fault[0] == "before":
            raise fault[1]
        self.sent.append((to, subject, text))
        if fault:
            raise fault[1]

    def send_sms(self, *_: str) -> None:
        raise AssertionError("nobody is welcomed by a text message")


@dataclass
class FakeQueue:
    """Implements `ports.jobs.JobQueue`: messages wait until they are read, or are lost."""

    messages: list[tuple[str, str, datetime]] = field(default_factory=list)
    loses: bool = False

    def send(self, jobs: Sequence[Any]) -> None:
        if not self.loses:
            self.messages += [(job.tenant, job.id, job.due_at) for job in jobs]
