"""Tags of Commerce7's customers, which grant its discounts.

Assigning is a call of its own, `tag-x-object`, which no document names; its behaviour was seen live in October 2026. It
is not idempotent: a customer who is assigned a tag twice has it twice. Removing removes all of them.
"""

from collections.abc import Iterator
from dataclasses import replace

from customerhub.connectors.commerce7.client import Commerce7Client, Refusal
from customerhub.connectors.commerce7.payloads import Commerce7TagPayload
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import RemoteCustomer
from customerhub.errors import NotReadyYet, PartnerRefused

HUB_TAG = "customer-hub"
"""Borne by every customer whom the hub has written."""
TAG_MISSING = "tag_missing"
MANUAL = "Manual"
DEFINITIONS = ("tag", "customer")
ASSIGNMENTS = ("tag-x-object", "customer")


class Commerce7Tags:
    """Manual tags: the others are assigned by Commerce7's own rules."""

    def __init__(self, client: Commerce7Client) -> None:
        self._client = client
        self._hub_tag: str | None = None

    def get(self, tag: str) -> Commerce7TagPayload | None:
        """A tag; None where it was deleted."""
        record = self._client.get(*DEFINITIONS, tag)
        return self._client.read(Commerce7TagPayload.model_validate, record) if record is not None else None

    def every(self, search: str | None = None) -> Iterator[Commerce7TagPayload]:
        """All of them, or those that a text search finds."""
        params = {"type": MANUAL} | ({"q": search} if search else {})
        for record in self._client.pages(*DEFINITIONS, name="tags", params=params):
            yield self._client.read(Commerce7TagPayload.model_validate, record)

    def create(self, title: str) -> Commerce7TagPayload:
        """Define a tag."""
        outcome = self._client.ask("POST", *DEFINITIONS, body={"title": title, "type": MANUAL})
        if isinstance(outcome, Refusal):
            raise outcome.error
        return self._client.read(Commerce7TagPayload.model_validate, outcome or {})

    def rename(self, tag: Commerce7TagPayload, title: str) -> None:
        """Call it something else; its bearers keep it. Nothing happens where it was deleted."""
        outcome = self._client.ask("PUT", *DEFINITIONS, tag.id, body={"title": title, "type": MANUAL})
        if isinstance(outcome, Refusal):
            raise outcome.error

    def mark(self, customer: RemoteCustomer) -> RemoteCustomer:
        """Have a customer, as just read, bear the hub's own tag, made anew where it was deleted."""
        try:
            return self.assign(customer, self._find_hub_tag())
        except PartnerRefused as refused:
            self._hub_tag = None
            if refused.reason != TAG_MISSING:
                raise
        return self.assign(customer, self._find_hub_tag())

    def assign(self, customer: RemoteCustomer, tag: str) -> RemoteCustomer:
        """Have a customer, as just read, bear a tag once. Raises PartnerRefused with the reason TAG_MISSING where the
        tag was deleted, and NotReadyYet where the customer was."""
        borne = (customer.tags or ()).count(tag)
        if borne == 1:
            return customer
        if borne > 1:
            self.remove(customer.id, tag)
        outcome = self._client.ask("POST", *ASSIGNMENTS, body={"objectId": customer.id, "tagId": tag})
        if outcome is None or isinstance(outcome, Refusal):
            raise self._why_not(tag, outcome)
        others = tuple(other for other in customer.tags or () if other != tag)
        return replace(customer, tags=(*others, tag))

    def remove(self, customer: ExternalId, tag: str) -> None:
        """Have a customer bear a tag no longer. Nothing happens where they do not, or where one of the two is gone."""
        outcome = self._client.ask("DELETE", *ASSIGNMENTS, tag, customer)
        if isinstance(outcome, Refusal):
            raise outcome.error

    def _find_hub_tag(self) -> str:
        """Remembered. Of several, made at the same time, the oldest."""
        if self._hub_tag is None:
            found = [tag for tag in self.every(HUB_TAG) if tag.title == HUB_TAG]
            self._hub_tag = min(found, key=age).id if found else self.create(HUB_TAG).id
        return self._hub_tag

    def _why_not(self, tag: str, refusal: Refusal | None) -> PartnerRefused | NotReadyYet:
        if self.get(tag) is None:
            return PartnerRefused("a tag was deleted in Commerce7", reason=TAG_MISSING, fields=("tag",))
        return refusal.error if refusal else NotReadyYet("the customer was deleted in Commerce7 a moment ago")


def age(tag: Commerce7TagPayload) -> tuple[str, str]:
    """Sorts the oldest first, and always alike."""
    return tag.created_at.isoformat() if tag.created_at else "", tag.id
