"""Customers: one record each, whatever changes them, and every e-mail at one customer only."""

from collections.abc import Sequence
from typing import Any

from infra.local.partners.commerce7.announcing import announce
from infra.local.partners.commerce7.filters import moment, number, text
from infra.local.partners.commerce7.listing import Column, Listing
from infra.local.partners.commerce7.payloads import CustomerChange, NewCustomer
from infra.local.partners.commerce7.phones import to_e164
from infra.local.partners.commerce7.settings import UpdatedAtFilter
from infra.local.partners.commerce7.shop import Shop, new_id
from infra.local.partners.commerce7.table import Row
from infra.local.partners.commerce7.wire import ApiRequest, Json, Reply, checked, invalid, not_found, not_unique

EMPTY: Json = {
    "avatar": None,
    "honorific": None,
    "firstName": None,
    "lastName": None,
    "birthDate": None,
    "city": None,
    "stateCode": None,
    "zipCode": None,
    "countryCode": None,
    "emailMarketingStatus": None,
    "lastActivityDate": None,
    "facebookId": None,
    "metaData": None,
    "appData": None,
    "appSync": None,
    "flags": [],
    "notifications": [],
    "emails": [],
    "phones": [],
    "clubs": [],
    "products": [],
    "hasAccount": False,
    "loginActivity": None,
}
NO_ORDERS: Json = {
    "currentWebCartId": None,
    "lastOrderId": None,
    "lastOrderDate": None,
    "orderCount": 0,
    "lifetimeValue": 0,
    "lifetimeValueSeedAmount": 0,
    "yearlyValue": 0,
    "rank": 0,
    "rankTrend": None,
    "grossProfit": 0,
    "acquisitionChannel": None,
    "currentClubTitle": None,
    "daysInCurrentClub": None,
    "daysInClub": None,
    "isActiveClubMember": False,
}


class Customers:
    """Endpoints of `/customer`, and the same for the shop's staff."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def list_customers(self, request: ApiRequest) -> Reply:
        """`GET /customer`; whether it can be filtered by `updatedAt` is a switch."""
        switch = self._shop.settings.customer_updated_at_filter
        columns = {
            "lifetimeValue": Column(lambda row: row["orderInformation"]["lifetimeValue"], number),
            "orderCount": Column(lambda row: row["orderInformation"]["orderCount"], number),
            "createdAt": Column(lambda row: row["createdAt"], moment),
        }
        if switch is UpdatedAtFilter.SUPPORTED:
            columns["updatedAt"] = Column(lambda row: row["updatedAt"], moment)
        listing = Listing(
            key="customers",
            show=self.shown,
            columns={**columns, "tagId": Column(lambda row: self._shop.records.assignments.get(row["id"], []), text)},
            words=_words,
            has_cursors=True,
            ignored=frozenset({"updatedAt"} if switch is UpdatedAtFilter.IGNORED else ()),
        )
        return Reply(200, listing.answer(self._shop.records.customers, request))

    def get_customer(self, request: ApiRequest) -> Reply:
        """`GET /customer/{id}`."""
        return Reply(200, self.shown(self.known(request.names["id"])))

    def post_customer(self, request: ApiRequest) -> Reply:
        """`POST /customer`; the flag that suppresses the mail may also be a query parameter."""
        wanted = checked(NewCustomer, request.body)
        customer = self.create(wanted, self._shop.app_id)
        if wanted.is_send_transaction_email and request.value("isSendTransactionEmail") != "false":
            self._shop.records.emails_sent += 1
        return Reply(201, self.shown(customer))

    def put_customer(self, request: ApiRequest) -> Reply:
        """`PUT /customer/{id}`."""
        customer = self.known(request.names["id"])
        self.change(customer, checked(CustomerChange, request.body), self._shop.app_id)
        return Reply(200, self.shown(customer))

    def delete_customer(self, request: ApiRequest) -> Reply:
        """`DELETE /customer/{id}`."""
        self.delete(self.known(request.names["id"]), self._shop.app_id)
        return Reply(204, None)

    def known(self, customer_id: str) -> Row:
        """The customer with that id. Raises `Commerce7Error`."""
        customer = self._shop.records.customers.get(customer_id)
        if customer is None:
            raise not_found()
        return customer

    def with_email(self, email: str) -> Row | None:
        """The one customer who has that e-mail."""
        owner = self._shop.records.owners.get(email.casefold())
        return self._shop.records.customers.get(owner) if owner else None

    def create(self, wanted: NewCustomer, user: str) -> Row:
        """Add a customer. Raises `Commerce7Error`."""
        customer = self._shop.stamped({**EMPTY, "orderInformation": dict(NO_ORDERS)})
        changes = self._changes(customer, wanted)
        self._apply(customer, changes)
        customer["lastActivityDate"] = customer["createdAt"]
        self._shop.records.customers.put(customer)
        announce(self._shop, "Customer", "Create", self.shown(customer), user)
        return customer

    def change(self, customer: Row, wanted: CustomerChange, user: str) -> None:
        """Change what `wanted` names. Raises `Commerce7Error`, and has changed nothing then."""
        changes = self._changes(customer, wanted)
        self._apply(customer, changes)
        announce(self._shop, "Customer", "Update", self.shown(customer), user)

    def delete(self, customer: Row, user: str) -> None:
        """Delete a customer with the addresses and tags; orders stay."""
        records = self._shop.records
        shown = self.shown(customer)
        records.disown(customer)
        records.customers.remove(customer["id"])
        records.assignments.pop(customer["id"], None)
        for address in [row for row in records.addresses if row["customerId"] == customer["id"]]:
            records.addresses.remove(address["id"])
        announce(self._shop, "Customer", "Delete", shown, user)

    def shown(self, customer: Row) -> Json:
        """As the API shows it: with every tag as often as it was given, and the tags again as `groups`."""
        tags = [self._shop.records.tags.get(tag) for tag in self._shop.records.assignments.get(customer["id"], ())]
        names = ("id", "title", "objectType", "type", "appliesToCondition", "createdAt", "updatedAt")
        shown = [{name: tag[name] for name in names} for tag in tags if tag]
        return {**customer, "tags": shown, "groups": shown}

    def _changes(self, customer: Row, wanted: CustomerChange) -> Json:
        """All columns that change, checked."""
        given = wanted.given()
        given.pop("isSendTransactionEmail", None)
        if "appData" in given:
            given["appData"] = self._shop.app_data(customer, given["appData"])
        for name in ("tags", "phones"):
            if name in given and given[name] is None:
                given[name] = []
        if "emails" in given:
            given["emails"] = self._emails(customer, given["emails"])
        if "phones" in given:
            given["phones"] = _phones(customer, given["phones"], given.get("countryCode", customer["countryCode"]))
        if "tags" in given:
            given["tags"] = self._tags(given["tags"])
        return given

    def _apply(self, customer: Row, changes: Json) -> None:
        if "tags" in changes:
            self._shop.records.assignments[customer["id"]] = changes.pop("tags")
        self._shop.records.disown(customer)
        self._shop.touch(customer, changes)
        self._shop.records.own(customer)

    def _emails(self, customer: Row, entries: Sequence[Json] | None) -> list[Json]:
        if not entries:
            raise invalid(("emails", "required"))
        if len({entry["email"].casefold() for entry in entries}) < len(entries):
            raise not_unique("emails")
        for entry in entries:
            if self._shop.records.owners.get(entry["email"].casefold(), customer["id"]) != customer["id"]:
                raise not_unique("emails")
        kept = {old["id"]: old for old in customer["emails"]}
        return [
            {"id": known, "email": entry["email"], "status": kept[known]["status"] if known in kept else "Ok"}
            for entry, known in zip(entries, _entry_ids("emails", entries, kept), strict=True)
        ]

    def _tags(self, entries: Sequence[Json]) -> list[str]:
        for place, entry in enumerate(entries):
            if self._shop.records.tags.get(entry["id"]) is None:
                raise invalid((f"tags[{place}].id", "not found"))
        return [entry["id"] for entry in entries]


def _phones(customer: Row, entries: Sequence[Json], country: str | None) -> list[Json]:
    kept = {old["id"]: old for old in customer["phones"]}
    phones = []
    for place, (entry, known) in enumerate(zip(entries, _entry_ids("phones", entries, kept), strict=True)):
        try:
            phones.append({"id": known, "phone": to_e164(entry["phone"], country)})
        except ValueError as error:
            raise invalid((f"phones[{place}].phone", str(error))) from error
    return phones


def _entry_ids(name: str, entries: Sequence[Json], kept: dict[str, Any]) -> list[str]:
    """The id of each entry: that of one which the customer has, or a new one."""
    for place, entry in enumerate(entries):
        if entry.get("id") is not None and entry["id"] not in kept:
            raise invalid((f"{name}[{place}].id", "not found"))
    return [entry.get("id") or new_id() for entry in entries]


def _words(customer: Row) -> str:
    """What `q` searches."""
    names = [customer["firstName"] or "", customer["lastName"] or ""]
    emails = [entry["email"] for entry in customer["emails"]]
    phones = [entry["phone"] for entry in customer["phones"]]
    return " ".join([*names, *emails, *phones]).casefold()
