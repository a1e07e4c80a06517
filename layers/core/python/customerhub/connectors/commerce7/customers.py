"""Commerce7's customers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from customerhub.connectors.commerce7.client import Commerce7Client, Refusal
from customerhub.connectors.commerce7.payloads import (
    email_key,
    from_changed_customer,
    from_moment,
    from_new_customer,
    to_customer,
)
from customerhub.connectors.commerce7.tags import Commerce7Tags
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer, RemotePage
from customerhub.errors import NotReadyYet, PartnerUnavailable

PATH = "customer"
LIST = "customers"
NO_MAIL = {"isSendTransactionEmail": "false"}
"""A customer whom the hub creates gets no mail from the shop."""
PHONE_FIELDS = ("phone", "phones", "countryCode")
TRIES = 3
"""Somebody else can create or delete a customer between two of our requests."""
FAR_FUTURE = "gte:2099-01-01T00:00:00.000Z"
BEING_INDEXED_S = 30


class UpdatedAtFilter(StrEnum):
    """What the list of customers makes of `updatedAt`, which it does not document; other lists do."""

    SUPPORTED = "supported"
    REJECTED = "rejected"
    IGNORED = "ignored"


class Commerce7Customers:
    """Reads and writes customers. Raises what `Commerce7Client` does, and PartnerRefused."""

    def __init__(self, client: Commerce7Client, tags: Commerce7Tags) -> None:
        self._client = client
        self._tags = tags
        self._filter: UpdatedAtFilter | None = None
        self._absent: str | None = None
        """Whom the last search did not find: who is created next is not searched for once more."""

    def get(self, customer: ExternalId) -> RemoteCustomer | None:
        """One customer; None where they were deleted."""
        record = self._client.get(PATH, customer)
        return self._client.read(to_customer, record) if record is not None else None

    def find_by_email(self, email: str) -> RemoteCustomer | None:
        """The one with exactly that e-mail among theirs."""
        found = self._search(email)
        self._absent = None if found else email_key(email)
        return found

    def upsert(self, person: OutgoingCustomer) -> RemoteCustomer:
        """Bring the one with that e-mail up to date, created where there is none. An e-mail is unique there, so that a
        creation whose answer was lost, or that another was faster with, is found instead of repeated."""
        for _ in range(TRIES):
            found = None if self._is_absent(person) else self._search(person.email)
            written = self._bring_up_to_date(found, person) if found else self._create(person)
            if written:
                return self._tags.mark(written)
        raise NotReadyYet("somebody else creates and deletes the same customer in Commerce7")

    def update(self, customer: ExternalId, person: OutgoingCustomer) -> RemoteCustomer | None:
        """Bring that one up to date; None where they were deleted."""
        found = self.get(customer)
        written = self._bring_up_to_date(found, person) if found else None
        return self._tags.mark(written) if written else None

    def changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """A page of those changed at or after `since`, in the order of their ids: of all, where Commerce7 does not
        filter, less those that say that they are older."""
        is_filtered = since is not None and self.updated_at_filter() is UpdatedAtFilter.SUPPORTED
        params = {"updatedAt": f"gte:{from_moment(since)}"} if since and is_filtered else {}
        return self.page(params, since, cursor)

    def page(self, params: Mapping[str, str], since: datetime | None, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """A page of a list by cursor, less those that say that they are older than `since`, to the millisecond."""
        since = since.replace(microsecond=since.microsecond // 1000 * 1000) if since else None
        records, following = self._client.page_at(PATH, name=LIST, params=params, cursor=cursor)
        read, unreadable = self._client.read_rows(to_customer, records)
        shown = [customer.updated_at for customer in read if customer.updated_at]
        changed = (each for each in read if since is None or each.updated_at is None or each.updated_at >= since)
        return RemotePage(tuple(changed), following, max(shown, default=None), is_ordered=False, unreadable=unreadable)

    def updated_at_filter(self) -> UpdatedAtFilter:
        """What Commerce7 makes of the filter: asked once, and remembered."""
        if self._filter is None:
            outcome = self._client.ask("GET", PATH, params={"updatedAt": FAR_FUTURE, "limit": "1"})
            if outcome is None or isinstance(outcome, Refusal):
                self._filter = UpdatedAtFilter.REJECTED
            else:
                self._filter = UpdatedAtFilter.IGNORED if outcome.get(LIST) else UpdatedAtFilter.SUPPORTED
        return self._filter

    def _search(self, email: str) -> RemoteCustomer | None:
        """Commerce7 searches texts, and finds those who resemble too."""
        wanted = email_key(email)
        for record in self._client.pages(PATH, name=LIST, params={"q": email}):
            customer = self._client.read(to_customer, record)
            if wanted in map(email_key, customer.emails):
                return customer if customer.tags is not None else self.get(customer.id)
        return None

    def _is_absent(self, person: OutgoingCustomer) -> bool:
        """Whether a search has just said so. Should it be wrong by now, the creation is refused."""
        absent, self._absent = self._absent, None
        return absent == email_key(person.email)

    def _create(self, person: OutgoingCustomer) -> RemoteCustomer | None:
        """None where somebody with that e-mail is there by now."""
        body = from_new_customer(person)
        outcome = self._client.ask("POST", PATH, params=NO_MAIL, body=body)
        refused: dict[str, str] = {}
        if isinstance(outcome, Refusal) and "phones" in body and outcome.is_about(*PHONE_FIELDS):
            refused = {"phone": "taken" if outcome.is_taken else "invalid"}
            outcome = self._client.ask("POST", PATH, params=NO_MAIL, body=_without_phone(body))
        if isinstance(outcome, Refusal):
            if self._search(person.email):
                return None
            raise _not_found_yet() if outcome.is_taken else outcome.error
        created = self._client.read(to_customer, outcome or {})
        return replace(created, tags=created.tags or (), refused=refused)

    def _bring_up_to_date(self, customer: RemoteCustomer, person: OutgoingCustomer) -> RemoteCustomer | None:
        """None where they were deleted. What does not differ is not written."""
        body = from_changed_customer(customer.raw, person)
        if not body:
            return customer
        outcome = self._client.ask("PUT", PATH, customer.id, body=body)
        refused: dict[str, str] = {}
        if isinstance(outcome, Refusal) and "phones" in body and outcome.is_about(*PHONE_FIELDS):
            refused = {"phone": "taken" if outcome.is_taken else "invalid"}
            body = _without_phone(body)
            if not body:
                return replace(customer, refused=refused)
            outcome = self._client.ask("PUT", PATH, customer.id, body=body)
        if isinstance(outcome, Refusal):
            raise outcome.error
        if outcome is None:
            return None
        written = self._client.read(to_customer, outcome)
        return replace(written, tags=customer.tags if written.tags is None else written.tags, refused=refused)


def _without_phone(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in PHONE_FIELDS}


def _not_found_yet() -> PartnerUnavailable:
    return PartnerUnavailable(
        "Commerce7 says that the e-mail is taken, and does not find who has it", retry_after_s=BEING_INDEXED_S
    )
