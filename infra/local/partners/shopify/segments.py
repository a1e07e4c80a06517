"""What can be done to segments."""

from dataclasses import replace

from infra.local.partners.shopify import payloads
from infra.local.partners.shopify.records import Segment
from infra.local.partners.shopify.refusals import Problem, Refused
from infra.local.partners.shopify.segment_query import BadDefinition, read_definition
from infra.local.partners.shopify.shop import Shop


def create_segment(shop: Shop, name: str, query: str) -> Segment:
    """Add a segment. Raises `Refused`."""
    now = shop.now()
    segment = Segment(shop.new_number(), name.strip(), query, now, now)
    _check(shop, segment)
    shop.segments.put(segment)
    shop.tell("SEGMENTS_CREATE", payloads.segment(segment))
    return segment


def change_segment(shop: Shop, known: Segment, name: str | None, query: str | None) -> Segment:
    """Change what is told. Raises `Refused`."""
    changed = replace(known, name=known.name if name is None else name.strip(), query=query or known.query)
    if changed == known:
        return known
    changed = replace(changed, updated_at=shop.now())
    _check(shop, changed)
    shop.segments.put(changed)
    shop.tell("SEGMENTS_UPDATE", payloads.segment(changed))
    return changed


def delete_segment(shop: Shop, segment: Segment) -> None:
    """Delete a segment: discounts that were for it alone are for nobody."""
    shop.segments.remove(segment.number)
    shop.tell("SEGMENTS_DELETE", {"id": segment.number})


def _check(shop: Shop, segment: Segment) -> None:
    if not segment.name:
        raise Refused(Problem(("name",), "Name can't be blank", "BLANK"))
    owner = shop.segments.live.first("name", segment.name.casefold())
    if owner is not None and owner.number != segment.number:
        raise Refused(Problem(("name",), "Name has already been taken", "TAKEN"))
    try:
        read_definition(segment.query, shop.facts())
    except BadDefinition as error:
        raise Refused(Problem(("query",), str(error))) from error
