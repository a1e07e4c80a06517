"""A stage's discount in a shop: one automatic discount, for the segment of customers who bear the stage's tag.

Not one discount per customer: a shop has 25 active automatic discounts at most. Granting and revoking is adding and
removing a tag; Shopify moves customers in and out of a segment by itself, within minutes.

Neither creation may be repeated, so what a lost answer has left is found again: the segment by its name, which is the
tag and unique in a shop; the discount by its own tag, or by that segment. Searches lag behind. What cannot be found yet
is noticed all the same, as a name or a title that is taken, and is waited for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from customerhub.connectors.base import plain_words
from customerhub.connectors.payload import places_of
from customerhub.connectors.shopify.client import ShopifyClient, UserError
from customerhub.connectors.shopify.documents import (
    DISCOUNT_ACTIVATE,
    DISCOUNT_BY_ID,
    DISCOUNT_CREATE,
    DISCOUNT_DEACTIVATE,
    DISCOUNT_UPDATE,
    DISCOUNTS,
    SEGMENT_CREATE,
    SEGMENTS,
    Document,
)
from customerhub.connectors.shopify.ids import from_external_id, to_external_id
from customerhub.connectors.shopify.pages import PageReader
from customerhub.connectors.shopify.payloads import ShopifyDiscountNode, ShopifySegmentPayload
from customerhub.domain.ids import StageId
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.errors import HubError, NotReadyYet, PartnerRefused, PartnerUnavailable
from customerhub.ports import Clock

SEARCH_LAG_S = 5
"""After so long a search should know what was written."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""A discount starts a little in the past, so that it is active at once by the shop's clock."""


@dataclass(frozen=True)
class _StandingDiscount:
    """A discount as it is in the shop. `segments` are numbers; none where it is for everybody, or for named ones."""

    id: str
    title: str
    is_active: bool
    basis_points: int | None
    segments: tuple[str, ...]
    tags: tuple[str, ...]


def stage_tag(stage: StageId) -> str:
    """The tag of those who are granted the stage's discount."""
    return f"hub-stage-{stage[:8]}"


class ShopifyDiscounts:
    """The discounts of one shop."""

    def __init__(self, client: ShopifyClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._segments = PageReader(client, SEGMENTS, "segments", rows=20)
        self._discounts = PageReader(client, DISCOUNTS, "discountNodes", rows=20)

    def place_offer(self, offer: Offer, placed: PlacedOffer | None) -> PlacedOffer:
        """As `Connector.place_offer`."""
        tag = stage_tag(offer.stage)
        known = dict(placed.ids) if placed is not None else {}
        standing = self._get_discount(known.get("discount"))
        segment = known.get("segment")
        if standing is None or segment is None or segment not in standing.segments:
            segment = self._ensure_segment(tag)
        if standing is None:
            standing = self._find_own(tag, segment) or self._create_discount(offer, tag, segment)
        self._bring_up_to_date(offer, tag, segment, standing)
        return PlacedOffer(offer, {"tag": tag, "segment": segment, "discount": standing.id})

    def withdraw_offer(self, placed: PlacedOffer) -> None:
        """As `Connector.withdraw_offer`. The segment stays: it gives nothing by itself."""
        standing = self._get_discount(placed.ids.get("discount"))
        if standing is not None and standing.is_active:
            self._change(DISCOUNT_DEACTIVATE, standing.id)

    def _ensure_segment(self, tag: str) -> str:
        """The number of the segment of that tag's bearers."""
        for node in self._segments.everything(f"name:'{tag}'"):
            segment = _to_segment(node)
            if segment.name == tag:
                return to_external_id(segment.id)
        query = f"customer_tags CONTAINS '{tag}'"
        created = self._client.mutate(SEGMENT_CREATE, {"name": tag, "query": query})
        if any(_is_taken(error) for error in created.errors):
            raise NotReadyYet("the shop has just been given this segment", retry_after_s=SEARCH_LAG_S)
        if created.errors:
            raise PartnerRefused("Shopify refuses the stage's segment", reason="segment_refused")
        return to_external_id(_to_segment(created.payload.get("segment")).id)

    def _get_discount(self, number: str | None) -> _StandingDiscount | None:
        if number is None:
            return None
        result = self._client.run(DISCOUNT_BY_ID, {"id": from_external_id("DiscountNode", number)})
        node = result.data.get("discountNode")
        return None if node is None else _to_standing(node)

    def _find_own(self, tag: str, segment: str) -> _StandingDiscount | None:
        """The stage's discount, active or not. Should there ever be several, the oldest stays, the others are ended."""
        own = [found for found in self._search(f"tag:'{tag}'") if tag in found.tags or segment in found.segments]
        own.sort(key=lambda found: int(found.id))
        for surplus in own[1:]:
            if surplus.is_active:
                self._change(DISCOUNT_DEACTIVATE, surplus.id)
        return own[0] if own else None

    def _search(self, term: str) -> Sequence[_StandingDiscount]:
        found = [_to_standing(node) for node in self._discounts.everything(f"method:automatic {term}")]
        return [discount for discount in found if discount is not None]

    def _create_discount(self, offer: Offer, tag: str, segment: str) -> _StandingDiscount:
        for title in (offer.name, _unmistakable(offer.name, tag)):
            created = self._client.mutate(DISCOUNT_CREATE, {"discount": self._new_discount(offer, title, tag, segment)})
            if not created.errors:
                return _StandingDiscount(
                    id=_created_id(created.payload),
                    title=title,
                    is_active=True,
                    basis_points=offer.discount_basis_points,
                    segments=(segment,),
                    tags=(tag,),
                )
            if not _title_is_taken(created.errors):
                raise _refusal(created.errors)
            own = self._own_of_that_title(title, tag, segment)
            if own is not None:
                return own
        raise PartnerRefused("the shop has other discounts of the stage's name: rename one", reason="discount_refused")

    def _own_of_that_title(self, title: str, tag: str, segment: str) -> _StandingDiscount | None:
        """Whose the title is: ours, or None for a stranger's. Nobody's is one that a search does not know yet: then it
        may be ours, of an answer that was lost."""
        holders = [found for found in self._search(f"title:'{_quoted(title)}'") if found.title == title]
        if not holders:
            raise NotReadyYet("the shop has just been given this discount", retry_after_s=SEARCH_LAG_S)
        return next((found for found in holders if tag in found.tags or segment in found.segments), None)

    def _new_discount(self, offer: Offer, title: str, tag: str, segment: str) -> dict[str, Any]:
        return {
            "title": title,
            "startsAt": (self._clock.now() - CLOCKS_DIFFER).isoformat(timespec="seconds"),
            "tags": [tag],
            **_context(segment),
            **_percentage(offer),
        }

    def _bring_up_to_date(self, offer: Offer, tag: str, segment: str, standing: _StandingDiscount) -> None:
        """Name, percentage and segment as they should be; active again where it was ended."""
        differing: dict[str, Any] = {}
        if standing.basis_points != offer.discount_basis_points:
            differing |= _percentage(offer)
        if standing.title not in {offer.name, _unmistakable(offer.name, tag)}:
            differing["title"] = offer.name
        if segment not in standing.segments:
            differing |= _context(segment)
        if tag not in standing.tags:
            differing["tags"] = [*standing.tags, tag]
        if differing:
            self._update(standing.id, differing, _unmistakable(offer.name, tag))
        if not standing.is_active:
            self._change(DISCOUNT_ACTIVATE, standing.id)

    def _update(self, number: str, differing: dict[str, Any], other_title: str) -> None:
        variables = {"id": from_external_id("DiscountAutomaticNode", number), "discount": differing}
        errors = self._client.mutate(DISCOUNT_UPDATE, variables).errors
        if _title_is_taken(errors):
            variables["discount"] = {**differing, "title": other_title}
            errors = self._client.mutate(DISCOUNT_UPDATE, variables).errors
        if errors:
            raise _refusal(errors)

    def _change(self, document: Document, number: str) -> None:
        errors = self._client.mutate(document, {"id": from_external_id("DiscountAutomaticNode", number)}).errors
        if errors:
            raise _refusal(errors)


def _context(segment: str) -> dict[str, Any]:
    return {"context": {"customerSegments": {"add": [from_external_id("Segment", segment)]}}}


def _percentage(offer: Offer) -> dict[str, Any]:
    """A share from 0 to 1, off everything."""
    return {"customerGets": {"value": {"percentage": offer.discount_basis_points / 10_000}, "items": {"all": True}}}


def _unmistakable(name: str, tag: str) -> str:
    """A title for where the name alone is that of another discount."""
    return f"{name} ({tag.rpartition('-')[2]})"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _is_taken(error: UserError) -> bool:
    message = error.message.casefold()
    return error.code == "TAKEN" or "taken" in message or "unique" in message


def _title_is_taken(errors: Sequence[UserError]) -> bool:
    return any(error.field == "title" and _is_taken(error) for error in errors)


def _created_id(payload: Mapping[str, Any]) -> str:
    node = payload.get("automaticDiscountNode")
    if not isinstance(node, dict) or not isinstance(node.get("id"), str):
        raise PartnerUnavailable("Shopify answered a new discount without its id")
    return to_external_id(node["id"])


def _to_segment(node: object) -> ShopifySegmentPayload:
    try:
        return ShopifySegmentPayload.model_validate(node)
    except ValidationError as error:
        raise PartnerUnavailable(f"Shopify answered a segment that cannot be read: {places_of(error)}") from error


def _to_standing(node: object) -> _StandingDiscount | None:
    """None for a discount of another kind."""
    try:
        told = ShopifyDiscountNode.model_validate(node)
    except ValidationError as error:
        raise PartnerUnavailable(f"Shopify answered a discount that cannot be read: {places_of(error)}") from error
    discount = told.discount
    if discount.typename != "DiscountAutomaticBasic":
        return None
    percentage = discount.customer_gets.value.percentage if discount.customer_gets else None
    segments = discount.context.segments if discount.context else ()
    return _StandingDiscount(
        id=to_external_id(told.id),
        title=discount.title,
        is_active=discount.status in {"ACTIVE", "SCHEDULED"},
        basis_points=None if percentage is None else round(percentage * 10_000),
        segments=tuple(to_external_id(segment.id) for segment in segments),
        tags=discount.tags,
    )


def _refusal(errors: Sequence[UserError]) -> HubError:
    """Shopify's own words are shown here: a discount holds nothing personal."""
    codes = {error.code for error in errors}
    if codes & {"ACTIVE_PERIOD_OVERLAP", "MAX_APP_DISCOUNTS"}:
        return PartnerRefused(
            "the shop has 25 active automatic discounts, and Shopify allows no more: end one, then retry",
            reason="too_many_discounts",
        )
    if "INTERNAL_ERROR" in codes:
        return PartnerUnavailable("Shopify failed while it changed a discount")
    shown = plain_words(error.message for error in errors)
    return PartnerRefused(f"Shopify refuses the stage's discount: {shown}", reason="discount_refused")
