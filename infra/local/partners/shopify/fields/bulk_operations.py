"""Bulk operations."""

from typing import Any

from infra.local.partners.shopify.bulk_operations import cancel_bulk_operation, start_bulk_query
from infra.local.partners.shopify.filters import FactFilter, Filters, NumberFilter, TimeFilter
from infra.local.partners.shopify.gids import gid, number_of
from infra.local.partners.shopify.model import (
    LISTING_ARGUMENTS,
    Arguments,
    Execution,
    Fields,
    Inputs,
    connection,
    constant,
    listing,
    mutation,
    payload,
    read,
    shown,
    user_error,
)
from infra.local.partners.shopify.records import BulkOperation
from infra.local.partners.shopify.refusals import NotModelled, Problem, Refused
from infra.local.partners.shopify.shop import Shop

SORTS = {
    "CREATED_AT": lambda operation: operation.created_at,
    "COMPLETED_AT": lambda operation: operation.completed_at or operation.created_at,
}
FILTERS: Filters = {
    "id": NumberFilter("number"),
    "created_at": TimeFilter("created_at"),
    "status": FactFilter(lambda operation: (operation.status,)),
    "operation_type": FactFilter(lambda _: ("query",)),
}


def _list(execution: Execution, _source: Any, arguments: Arguments) -> Any:
    told = {"sortKey": "CREATED_AT", **arguments}
    return listing(execution.shop.bulk_operations, told, SORTS, FILTERS)


def _run(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    if arguments.get("groupObjects"):
        raise NotModelled("bulk operations that group the objects of a file")
    return {"bulkOperation": start_bulk_query(shop, arguments["query"])}


def _cancel(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    operation = shop.bulk_operations.get(number_of(arguments["id"]))
    if operation is None:
        raise Refused(Problem(("id",), "Bulk operation does not exist"))
    return {"bulkOperation": cancel_bulk_operation(shop, operation)}


def _url(status: str) -> Any:
    """Of the file of an operation with that status."""

    def url(execution: Execution, operation: BulkOperation, _: Arguments) -> str | None:
        return execution.shop.file_url(operation.number) if operation.status == status else None

    return shown(url)


FIELDS: Fields = {
    "BulkOperation": {
        "id": read(lambda operation: gid("BulkOperation", operation.number)),
        "status": read(lambda operation: operation.status),
        "errorCode": read(lambda operation: operation.error_code),
        "type": constant("QUERY"),
        "query": read(lambda operation: operation.query),
        "createdAt": read(lambda operation: operation.created_at),
        "completedAt": read(lambda operation: operation.completed_at),
        "objectCount": read(lambda operation: operation.object_count),
        "rootObjectCount": read(lambda operation: operation.root_count),
        "fileSize": read(lambda operation: operation.file_size),
        "url": _url("COMPLETED"),
        "partialDataUrl": _url("FAILED"),
    },
    **connection("BulkOperation"),
    **payload("BulkOperationRunQueryPayload", "bulkOperation"),
    **payload("BulkOperationCancelPayload", "bulkOperation"),
    **user_error("BulkOperationUserError", has_code=True),
}
QUERIES = {
    "bulkOperation": shown(lambda execution, _, told: execution.shop.bulk_operations.get(number_of(told["id"])), "id"),
    "bulkOperations": shown(_list, *LISTING_ARGUMENTS),
}
MUTATIONS = {
    "bulkOperationRunQuery": mutation(_run, "query", "groupObjects"),
    "bulkOperationCancel": mutation(_cancel, "id"),
}
INPUTS: Inputs = {}
