"""Discounts on Commerce7: a tag, and a promotion for those who bear it, which applies by itself at the next checkout.

The fields of promotions are those of coupons as seen live in October 2026; the documents are older. `availableTo` is
`Tag` on what was seen and `Group` in the documents. Whoever reads `Everyone` back would give the discount away: a
promotion is created disabled, and enabled once it was read back as it was meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from customerhub.connectors.commerce7.client import NAME, Commerce7Client, Json, Refusal
from customerhub.connectors.commerce7.customers import Commerce7Customers
from customerhub.connectors.commerce7.payloads import Commerce7PromotionPayload, Commerce7TagPayload, from_moment
from customerhub.connectors.commerce7.tags import TAG_MISSING, Commerce7Tags, age
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.domain.remote import RemoteCustomer
from customerhub.errors import NotReadyYet, PartnerRefused
from customerhub.ports import Clock

PATH = "promotion"
LIST = "promotions"
ENABLED, DISABLED = "Enabled", "Disabled"
TO_BEARERS = ("Tag", "Group")
"""What `availableTo` may be called for the bearers of a tag, the likelier first."""
UNLIMITED = {
    "type": "Product",
    "discountType": "Percentage Off",
    "appliesTo": "Store",
    "usageLimitType": "Unlimited",
    "cartRequirementType": "None",
    "endDate": None,
}
"""Everything, always."""
DISCOUNT_MISSING = "discount_missing"


class Commerce7Discounts:
    """Places, withdraws, grants and revokes discounts. Raises what `Commerce7Client` does, and PartnerRefused."""

    def __init__(
        self, client: Commerce7Client, tags: Commerce7Tags, customers: Commerce7Customers, clock: Clock
    ) -> None:
        self._client = client
        self._tags = tags
        self._customers = customers
        self._clock = clock

    def place(self, offer: Offer, placed: PlacedOffer | None) -> PlacedOffer:
        """Have the tag and its promotion as the offer says: those that are known, else found among all there are."""
        tag = self._placed_tag(offer, placed)
        promotion = self._placed_promotion(tag.id, placed) or self._create(offer, tag.id)
        changes = _differences(promotion, offer, tag.id)
        if changes:
            self._write("PUT", promotion.id, body=changes)
            promotion = self._read_back(promotion.id)
            self._insist(promotion, offer, tag.id)
        if promotion.status != ENABLED:
            self._write("PUT", promotion.id, body={"status": ENABLED})
        return PlacedOffer(offer, {"tag": tag.id, "promotion": promotion.id})

    def withdraw(self, placed: PlacedOffer) -> None:
        """Disable every promotion for the bearers of the tag."""
        for promotion in self._known_promotions(placed.tag, placed.ids.get("promotion")):
            self._disable(promotion)

    def grant(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        """Have the customer bear the tag once; the customer with the tags of then. Raises PartnerRefused with the
        reason DISCOUNT_MISSING where it was deleted: placing the offer again makes a new one."""
        if (customer.tags or ()).count(placed.tag) == 1:
            return customer
        present = self._customers.get(customer.id)
        if present is None:
            raise NotReadyYet("the customer was deleted in Commerce7 a moment ago")
        try:
            return replace(self._tags.assign(present, placed.tag), refused=customer.refused)
        except PartnerRefused as refused:
            if refused.reason != TAG_MISSING:
                raise
            message = "the discount's tag was deleted in Commerce7"
            raise PartnerRefused(message, reason=DISCOUNT_MISSING, fields=("stageId",)) from refused

    def revoke(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        """Have the customer bear the tag no longer; the customer without it."""
        if customer.tags is None:
            self._tags.remove(customer.id, placed.tag)
            return customer
        if placed.tag not in customer.tags:
            return customer
        self._tags.remove(customer.id, placed.tag)
        return replace(customer, tags=tuple(tag for tag in customer.tags if tag != placed.tag))

    def _placed_tag(self, offer: Offer, placed: PlacedOffer | None) -> Commerce7TagPayload:
        tag = self._tags.get(placed.tag) if placed and placed.ids.get("tag") else None
        if tag is None:
            mark = _mark(offer)
            found = [each for each in self._tags.every() if each.title and each.title.endswith(mark)]
            tag = min(found, key=age) if found else self._tags.create(tag_title(offer))
        if tag.title != tag_title(offer):
            self._tags.rename(tag, tag_title(offer))
        return tag

    def _placed_promotion(self, tag: str, placed: PlacedOffer | None) -> Commerce7PromotionPayload | None:
        """The oldest of those for the tag's bearers; there are more where an answer was long on its way, and these are
        disabled."""
        found = self._known_promotions(tag, placed.ids.get("promotion") if placed else None)
        for other in found[1:]:
            self._disable(other)
        return found[0] if found else None

    def _known_promotions(self, tag: str, known: str | None) -> list[Commerce7PromotionPayload]:
        """The one that is known, if it is there, whoever it is for by now; else all for the tag's bearers."""
        promotion = self._get(known) if known else None
        if promotion:
            return [promotion]
        found = [each for each in self._every() if tag in each.available_to_object_ids]
        return sorted(found, key=lambda each: (each.created_at.isoformat() if each.created_at else "", each.id))

    def _every(self) -> Iterator[Commerce7PromotionPayload]:
        for record in self._client.pages(PATH, name=LIST):
            yield self._read(record)

    def _get(self, promotion: str) -> Commerce7PromotionPayload | None:
        record = self._client.get(PATH, promotion)
        return self._read(record) if record is not None else None

    def _read(self, record: Json) -> Commerce7PromotionPayload:
        return self._client.read(Commerce7PromotionPayload.model_validate, record)

    def _create(self, offer: Offer, tag: str) -> Commerce7PromotionPayload:
        """Disabled as yet, and read back as it was meant."""
        body = {
            **_wanted(offer),
            **_bearers(tag),
            "status": DISABLED,
            "startDate": from_moment(self._clock.now().replace(second=0, microsecond=0)),
        }
        created = self._read(self._write("POST", body=body) or {})
        promotion = self._read_back(created.id)
        self._insist(promotion, offer, tag)
        return promotion

    def _read_back(self, promotion: str) -> Commerce7PromotionPayload:
        present = self._get(promotion)
        if present is None:
            raise NotReadyYet("the promotion was deleted in Commerce7 a moment ago")
        return present

    def _insist(self, promotion: Commerce7PromotionPayload, offer: Offer, tag: str) -> None:
        """Raise PartnerRefused where the promotion was not made as it was meant, and have it disabled: it may be there
        for everyone."""
        wrong = _differences(promotion, offer, tag)
        if not wrong:
            return
        self._disable(promotion)
        raise PartnerRefused(
            f"{NAME} has made something else of a promotion than was meant, which is disabled: {', '.join(wrong)}",
            reason="discount_not_as_written",
            fields=("stageId",),
        )

    def _disable(self, promotion: Commerce7PromotionPayload) -> None:
        if promotion.status != DISABLED:
            self._write("PUT", promotion.id, body={"status": DISABLED})

    def _write(self, method: str, *path: str, body: Mapping[str, Any]) -> Json | None:
        """Write, with the first name of `availableTo` that is taken."""
        outcome = self._client.ask(method, PATH, *path, body=body)
        if _refuses_bearers(outcome, body):
            outcome = self._client.ask(method, PATH, *path, body={**body, "availableTo": TO_BEARERS[1]})
        if isinstance(outcome, Refusal):
            raise outcome.error
        return outcome


def tag_title(offer: Offer) -> str:
    """What staff see. The part of the stage's id tells it from tags of the shop's own and from an older stage of the
    same name, and finds it again whatever the stage is called by now."""
    return f"{promotion_title(offer)} {_mark(offer)}"


def promotion_title(offer: Offer) -> str:
    """What buyers see."""
    return f"Club: {offer.name}"


def _mark(offer: Offer) -> str:
    return f"[{offer.stage[:8]}]"


def _wanted(offer: Offer) -> dict[str, Any]:
    return {**UNLIMITED, "title": promotion_title(offer), "discount": offer.discount_basis_points}


def _bearers(tag: str) -> dict[str, Any]:
    return {"availableTo": TO_BEARERS[0], "availableToObjectIds": [tag]}


def _differences(promotion: Commerce7PromotionPayload, offer: Offer, tag: str) -> dict[str, Any]:
    """What of a promotion, as just read, is to be replaced. What it does not tell of what hardly ever changes is taken
    to be so."""
    shown = promotion.model_dump(by_alias=True)
    changes = {
        name: value
        for name, value in _wanted(offer).items()
        if shown[name] != value and (shown[name] is not None or name in ("title", "discount"))
    }
    if promotion.available_to not in TO_BEARERS or promotion.available_to_object_ids != (tag,):
        changes |= _bearers(tag)
    return changes


def _refuses_bearers(outcome: Json | Refusal | None, body: Mapping[str, Any]) -> bool:
    if not isinstance(outcome, Refusal) or "availableTo" not in body:
        return False
    return outcome.is_about("availableTo") or not outcome.fields
