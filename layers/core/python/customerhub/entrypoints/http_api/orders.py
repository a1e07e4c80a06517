"""`POST /api/orders`: a shop or backend tells of an order."""

from functools import partial
from http import HTTPStatus

from customerhub.app import ClubApp
from customerhub.domain.caller import Scope
from customerhub.domain.conflict import Conflict
from customerhub.domain.contact import UNNAMED_SOURCE, Contact, read_contact
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer
from customerhub.domain.ids import CustomerId, IntegrationId
from customerhub.entrypoints.http_api import order_examples as examples
from customerhub.entrypoints.http_api.conflict_answer import conflict_response
from customerhub.entrypoints.http_api.customer_models import ConflictResponse, CustomerBody, customer_fields
from customerhub.entrypoints.http_api.enrollment_models import fresh_body
from customerhub.entrypoints.http_api.order_models import OrderRequest, OrderResponse, order_body
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Request, Response, Route, parse_body
from customerhub.entrypoints.send_jobs import send_jobs
from customerhub.errors import InvalidInput
from customerhub.ports import RateVerdict
from customerhub.services.record_order import Recorded, record_order

PATH = "/api/orders"


def tell_order(app: ClubApp, request: Request) -> Response:
    """Answer one call."""
    body = parse_body(OrderRequest, request.body())
    if body.customer_id and body.names_a_person:
        raise InvalidInput("a customer is named by id or in words, not both", field="customerId")
    now = app.clock.now()
    contact = None if body.customer_id else read_contact(body.to_statement(), request.caller, now)
    source = contact.source if contact else UNNAMED_SOURCE
    buyer: Contact | CustomerId = contact or CustomerId(body.customer_id or "")
    stated = body.to_order()

    def work(verdict: RateVerdict) -> Response:
        if body.integration:
            _require_integration(app, request, stated.source)
        done = record_order(
            stated,
            buyer,
            request.caller,
            Circumstances(request.caller.credential, source, request.id, now),
            parts=app.parts,
            present=partial(_present, request=request),
            before_write=verdict.require,
        )
        send_jobs(app.queue, done.jobs, request.id)
        return Response(done.answer.status, done.answer.body)

    return rated(app, request, ":".join(contact.person) if contact else f"id:{body.customer_id}", work)


def _require_integration(app: ClubApp, request: Request, integration: str) -> None:
    """Raise InvalidInput where no shop is connected under that id: its orders would be kept twice one day."""
    request.caller.require(Scope.CLUB_ENROLL)
    if app.parts.integrations.get_integration(request.caller.tenant.id, IntegrationId(integration)) is None:
        raise InvalidInput("no such shop is connected", code="unknown_integration", field="integration")


def _present(outcome: Recorded | Conflict, *, request: Request) -> Answer:
    if isinstance(outcome, Conflict):
        refusal = conflict_response(outcome, request.caller, request.id)
        return Answer(HTTPStatus.CONFLICT, refusal.model_dump_json(exclude_none=True))
    customer, enrollment = outcome.customer, outcome.enrollment
    body = OrderResponse(
        order=order_body(outcome.order, customer.id),
        customer=CustomerBody.model_validate(customer_fields(customer)),
        enrollment=fresh_body(enrollment, customer.id, outcome.stage) if enrollment else None,
    )
    return Answer(HTTPStatus.CREATED if outcome.is_new else HTTPStatus.OK, body.model_dump_json())


TELL_ORDER = Route(
    "POST",
    PATH,
    tell_order,
    summary="Record an order",
    description=(
        "The order lands on its buyer, who is found or created. Told again it is replaced, and stays with whom it was "
        "recorded. Where the buyer's paid orders come to what a stage asks for, the buyer becomes a member of the best "
        "one that they earn: never a lower one than before, and not by an order from before a cancelled membership. "
        "For staff and service keys with club:enroll, and with customers:write where it is not `customerId` that says "
        "who bought."
    ),
    body=OrderRequest,
    body_examples=examples.ORDER_REQUESTS,
    answers={
        200: Documented("The order was known.", OrderResponse, examples.KNOWN),
        201: Documented("Recorded.", OrderResponse, examples.RECORDED),
        409: Documented("Several accounts; nothing was changed.", ConflictResponse, examples.REFUSALS),
    },
    tag="Club",
)
