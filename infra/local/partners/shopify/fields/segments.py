"""Segments and their members."""

from dataclasses import replace
from typing import Any

from infra.local.partners.shopify.fields.customers import PERSON
from infra.local.partners.shopify.filters import Filters, NumberFilter, TokenFilter
from infra.local.partners.shopify.gids import gid, number_of
from infra.local.partners.shopify.model import (
    CONNECTION_ARGUMENTS,
    LISTING_ARGUMENTS,
    Arguments,
    Execution,
    Fields,
    Inputs,
    connection,
    counted,
    listing,
    mutation,
    parts,
    payload,
    read,
    shown,
)
from infra.local.partners.shopify.paging import Page, whole
from infra.local.partners.shopify.records import Segment
from infra.local.partners.shopify.refusals import BadRequest, Problem, Refused
from infra.local.partners.shopify.segment_query import BadDefinition
from infra.local.partners.shopify.segments import change_segment, create_segment, delete_segment
from infra.local.partners.shopify.shop import Shop

LARGEST_MEMBER_PAGE = 1000
SORTS = {
    "ID": lambda segment: segment.number,
    "CREATION_DATE": lambda segment: segment.created_at,
    "LAST_EDIT_DATE": lambda segment: segment.updated_at,
}
FILTERS: Filters = {
    "id": NumberFilter("number"),
    "name": TokenFilter(("name",), "name"),
    "default": TokenFilter(("name",)),
}


def _count(execution: Execution, _source: Any, _arguments: Arguments) -> Any:
    return counted(len(execution.shop.segments.live), is_all=True)


def _members(execution: Execution, _source: Any, arguments: Arguments) -> Page:
    shop = execution.shop
    query = arguments.get("query")
    if arguments.get("segmentId"):
        segment = shop.segments.get(number_of(arguments["segmentId"]))
        if segment is None:
            raise BadRequest("Segment does not exist", "RESOURCE_NOT_FOUND")
        query = segment.query
    try:
        members = list(shop.members(query or ""))
    except BadDefinition as error:
        raise BadRequest(str(error)) from error
    found = whole(members, arguments, lambda customer: customer.number, LARGEST_MEMBER_PAGE)
    return replace(found, total=len(members))


def _membership(execution: Execution, _source: Any, arguments: Arguments) -> Any:
    shop = execution.shop
    customer = shop.customers.get(number_of(arguments["customerId"]))

    def is_member(text: str) -> bool:
        segment = shop.segments.get(number_of(text))
        return customer is not None and segment is not None and shop.is_member(segment, customer)

    return {"memberships": [{"segmentId": text, "isMember": is_member(text)} for text in arguments["segmentIds"]]}


def _known(shop: Shop, arguments: Arguments) -> Segment:
    segment = shop.segments.get(number_of(arguments["id"]))
    if segment is None:
        raise Refused(Problem(("id",), "Segment does not exist", "NOT_FOUND"))
    return segment


def _create(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    return {"segment": create_segment(shop, arguments["name"], arguments["query"])}


def _update(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    known = _known(shop, arguments)
    return {"segment": change_segment(shop, known, arguments.get("name"), arguments.get("query"))}


def _delete(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    delete_segment(shop, _known(shop, arguments))
    return {"deletedSegmentId": arguments["id"]}


_MEMBERS = connection("CustomerSegmentMember")
FIELDS: Fields = {
    "Segment": {
        "id": read(lambda segment: gid("Segment", segment.number)),
        "name": read(lambda segment: segment.name),
        "query": read(lambda segment: segment.query),
        "creationDate": read(lambda segment: segment.created_at),
        "lastEditDate": read(lambda segment: segment.updated_at),
    },
    **connection("Segment"),
    "CustomerSegmentMember": {
        **PERSON,
        "id": read(lambda customer: gid("CustomerSegmentMember", customer.number)),
    },
    "CustomerSegmentMemberConnection": {
        "edges": _MEMBERS["CustomerSegmentMemberConnection"]["edges"],
        "pageInfo": _MEMBERS["CustomerSegmentMemberConnection"]["pageInfo"],
        "totalCount": read(lambda page_: page_.total),
    },
    "CustomerSegmentMemberEdge": _MEMBERS["CustomerSegmentMemberEdge"],
    "SegmentMembershipResponse": parts("memberships"),
    "SegmentMembership": parts("isMember", "segmentId"),
    **payload("SegmentCreatePayload", "segment"),
    **payload("SegmentUpdatePayload", "segment"),
    **payload("SegmentDeletePayload", "deletedSegmentId"),
}
QUERIES = {
    "segment": shown(lambda execution, _, told: execution.shop.segments.get(number_of(told["id"])), "id"),
    "segments": shown(
        lambda execution, _, told: listing(execution.shop.segments, told, SORTS, FILTERS), *LISTING_ARGUMENTS
    ),
    "segmentsCount": shown(
        lambda execution, _source, _arguments: counted(len(execution.shop.segments.live), is_all=True), "limit"
    ),
    "customerSegmentMembers": shown(_members, *CONNECTION_ARGUMENTS, "query", "segmentId"),
    "customerSegmentMembership": shown(_membership, "customerId", "segmentIds"),
}
MUTATIONS = {
    "segmentCreate": mutation(_create, "name", "query"),
    "segmentUpdate": mutation(_update, "id", "name", "query"),
    "segmentDelete": mutation(_delete, "id"),
}
INPUTS: Inputs = {}
