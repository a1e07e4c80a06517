"""`POST /api/customers/{customerId}/merge` and `…/unmerge`: two customers become one, and two again."""

from http import HTTPStatus

from customerhub.app import MergesApp
from customerhub.domain.contact import UNNAMED_SOURCE
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import CustomerId, IntegrationId, MergeId
from customerhub.entrypoints.http_api import merge_examples
from customerhub.entrypoints.http_api.customers import path_customer_id
from customerhub.entrypoints.http_api.merge_models import (
    MergeRefusal,
    MergeRequest,
    MergeResponse,
    UnmergeRefusal,
    UnmergeRequest,
    UnmergeResponse,
    block_bodies,
    merge_response,
    unmerge_response,
)
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.ports import RateVerdict
from customerhub.services.merge_customers import Merged, MergeParts, merge_customers
from customerhub.services.owing_identities import is_known_to_shops
from customerhub.services.unmerge_customers import Unmerged, unmerge_customers

PATH = "/api/customers/{customerId}"
PATH_PARAMETERS = {"customerId": Parameter("A customer's id, also one from before a merge.")}


def merge(app: MergesApp, request: Request) -> Response:
    """Answer one call."""
    customer_id, body = path_customer_id(request), parse_body(MergeRequest, request.body())

    def work(verdict: RateVerdict) -> Response:
        merged = merge_customers(
            customer_id,
            CustomerId(body.other_id),
            request.caller,
            _circumstances(app, request),
            parts=_parts(app),
            dry_run=body.dry_run,
            forget_kept_apart=body.forget_kept_apart,
            before_write=verdict.require,
        )
        if merged.blocks and not body.dry_run:
            return _merge_refused(merged, request.id)
        response = merge_response(merged, _outside(app, merged), dry_run=body.dry_run)
        return Response(HTTPStatus.OK, response.model_dump_json())

    return rated(app, request, f"id:{customer_id}", work)


def unmerge(app: MergesApp, request: Request) -> Response:
    """Answer one call."""
    customer_id, body = path_customer_id(request), parse_body(UnmergeRequest, request.body() or b"{}")

    def work(verdict: RateVerdict) -> Response:
        unmerged = unmerge_customers(
            customer_id,
            MergeId(body.merge_id) if body.merge_id else None,
            {edit: CustomerId(owner) for edit, owner in body.assign.items()},
            request.caller,
            _circumstances(app, request),
            parts=_parts(app),
            timeline=app.timeline,
            dry_run=body.dry_run,
            keep_apart=body.keep_separate,
            before_write=verdict.require,
        )
        if not (unmerged.done or body.dry_run):
            return _unmerge_refused(unmerged, request.id)
        return Response(HTTPStatus.OK, unmerge_response(unmerged, dry_run=body.dry_run).model_dump_json())

    return rated(app, request, f"id:{customer_id}", work)


def _parts(app: MergesApp) -> MergeParts:
    return MergeParts(app.identities, app.ledger, app.records, app.clock)


def _outside(app: MergesApp, merged: Merged) -> tuple[IntegrationId, ...]:
    """Who is owed the customer as it is after the merge; no round trip for one whom shops have nothing to do with."""
    if merged.blocks or not is_known_to_shops(merged.customer):
        return ()
    return tuple(one.id for one in app.integrations.list_integrations(merged.customer.tenant) if one.active)


def _circumstances(app: MergesApp, request: Request) -> Circumstances:
    return Circumstances(request.caller.credential, UNNAMED_SOURCE, request.id, app.clock.now())


def _merge_refused(merged: Merged, request_id: str) -> Response:
    refusal = MergeRefusal(
        error="Merge blocked",
        message=f"they cannot be one customer: {'; '.join(block.message for block in merged.blocks)}",
        code="merge_blocked",
        request_id=request_id,
        blocks=block_bodies(merged.blocks),
    )
    return Response(HTTPStatus.CONFLICT, refusal.model_dump_json())


def _unmerge_refused(unmerged: Unmerged, request_id: str) -> Response:
    refusal = UnmergeRefusal(
        error="Assignment needed",
        message="of some edits since the merge nobody can tell whose they are: name them in `assign`",
        code="assignment_needed",
        request_id=request_id,
        unmerge=unmerge_response(unmerged, dry_run=True),
    )
    return Response(HTTPStatus.CONFLICT, refusal.model_dump_json())


MERGE = Route(
    "POST",
    f"{PATH}/merge",
    merge,
    summary="Merge two customers",
    description=(
        "`otherId` goes into the customer of the path, whose own values win; gaps are filled, lists united. All that "
        "hangs on the other one belongs to the survivor from then on, and both ids keep working. Repeating the call is "
        "harmless. A dry run tells all of it before."
    ),
    body=MergeRequest,
    body_examples=merge_examples.MERGE_REQUESTS,
    path_parameters=PATH_PARAMETERS,
    answers={
        200: Documented("Merged, or what a merge would do.", MergeResponse, merge_examples.MERGES),
        409: Documented("They cannot be one; nothing was changed.", MergeRefusal, merge_examples.MERGE_REFUSALS),
    },
)
UNMERGE = Route(
    "POST",
    f"{PATH}/unmerge",
    unmerge,
    summary="Undo a merge",
    description=(
        "Both customers are as they were. What was edited since stays with the one by whose identifiers the edit came; "
        "where that cannot be told, a 409 lists it, and the call is repeated with `assign`. Of several merges any "
        "one can be undone: the others stay as they would have been without it."
    ),
    body=UnmergeRequest,
    body_examples=merge_examples.UNMERGE_REQUESTS,
    path_parameters=PATH_PARAMETERS,
    answers={
        200: Documented("Undone, or what undoing would do.", UnmergeResponse, merge_examples.UNMERGES),
        409: Documented("Something must be assigned first.", UnmergeRefusal, merge_examples.UNMERGE_REFUSALS),
    },
)
