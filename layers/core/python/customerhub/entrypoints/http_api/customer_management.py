"""`POST /functions/v1/customer-management`: find, create or merge."""

from customerhub.app import CustomersApp
from customerhub.domain.caller import Caller, UserCaller
from customerhub.domain.conflict import Conflict
from customerhub.domain.contact import read_contact
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer
from customerhub.entrypoints.http_api import examples
from customerhub.entrypoints.http_api.conflict_answer import conflict_response
from customerhub.entrypoints.http_api.customer_models import (
    ConflictResponse,
    CustomerManagementRequest,
    CustomerManagementResponse,
    ManagedCustomerBody,
    customer_fields,
)
from customerhub.entrypoints.http_api.idempotency import KEY_HEADER, key_of
from customerhub.entrypoints.http_api.rate_headers import rate_headers
from customerhub.entrypoints.http_api.route import Documented, Request, Response, Route, parse_body
from customerhub.services.resolve_identity import Outcome, Resolved, resolve_identity

PATH = "/functions/v1/customer-management"
SOURCE_NAMES = {"webapp": "web app"}


def manage_customer(app: CustomersApp, request: Request) -> Response:
    """Answer one call; the rate counters run beside its reads."""
    caller, body = request.caller, request.body()
    statement = parse_body(CustomerManagementRequest, body).to_statement(_default_source(caller))
    key = key_of(request, PATH, body)
    now = app.clock.now()
    contact = read_contact(statement, caller, now)
    count = app.rate_limiter.count(
        caller.tenant.id, caller.credential, ":".join(contact.person), caller.calls_per_minute
    )
    answer = resolve_identity(
        contact,
        caller,
        Circumstances(caller.credential, contact.source, request.id, now),
        store=app.identities,
        clock=app.clock,
        present=lambda outcome: _present(outcome, caller, request.id),
        before_write=count.require,
        key=key,
    )
    return Response(answer.status, answer.body, rate_headers(count.require()))


def _default_source(caller: Caller) -> str | None:
    return "webapp" if isinstance(caller, UserCaller) else None


def _present(outcome: Outcome, caller: Caller, request_id: str) -> Answer:
    if isinstance(outcome, Conflict):
        return Answer(409, conflict_response(outcome, caller, request_id).model_dump_json(exclude_none=True))
    response = CustomerManagementResponse(
        customer=ManagedCustomerBody.model_validate(
            customer_fields(outcome.customer) | {"is_new_account": outcome.is_new}
        ),
        order_history=[],
        summary=_summary(outcome),
    )
    return Answer(200, response.model_dump_json())


def _summary(outcome: Resolved) -> str:
    name = f" {outcome.customer.first_name}" if outcome.customer.first_name else ""
    if outcome.is_new:
        return f"Welcome{name}! Your account has been created."
    if outcome.absorbed:
        return f"Welcome back{name}! Your accounts have been linked."
    if outcome.gained_source:
        source = SOURCE_NAMES.get(outcome.gained_source, outcome.gained_source)
        return f"Welcome back{name}! Account updated with {source} access."
    return f"Welcome back{name}! Account updated." if outcome.changed else f"Welcome back{name}!"


CUSTOMER_MANAGEMENT = Route(
    "POST",
    PATH,
    manage_customer,
    summary="Find, create or merge a customer",
    description=(
        "Each person is one customer, however they arrive. The call finds the customer by any of its identifiers, in "
        "any spelling, and adds what is new; or creates one; or, where the identifiers belong to several, answers 409 "
        "and changes nothing, unless `mergeIfFound` says to merge. Repeating a call is harmless."
    ),
    body=CustomerManagementRequest,
    body_examples=examples.CUSTOMER_MANAGEMENT_REQUESTS,
    headers=KEY_HEADER,
    answers={
        200: Documented("The one customer.", CustomerManagementResponse, examples.CUSTOMER_MANAGEMENT_RESPONSES),
        409: Documented(
            "Several accounts, or somebody else's; nothing was changed.", ConflictResponse, examples.CONFLICTS
        ),
    },
)
