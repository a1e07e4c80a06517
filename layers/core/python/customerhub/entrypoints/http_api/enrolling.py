"""`POST /api/enrollments` and `/bulk`: somebody, or a selection, becomes a member of the club."""

from datetime import timedelta
from functools import partial
from http import HTTPStatus

from customerhub.app import ClubApp
from customerhub.domain.conflict import Conflict
from customerhub.domain.contact import read_contact
from customerhub.domain.idempotency import Answer, IdempotencyKey
from customerhub.domain.ids import CustomerId
from customerhub.domain.stage import Stage
from customerhub.entrypoints.http_api import enrollment_examples as examples
from customerhub.entrypoints.http_api.conflict_answer import conflict_response
from customerhub.entrypoints.http_api.customer_models import ManagedCustomerBody, customer_fields
from customerhub.entrypoints.http_api.enrollment_models import (
    BulkRequest,
    BulkResponse,
    EnrollmentRefusal,
    EnrollmentRequest,
    EnrollResponse,
    bulk_response,
    fresh_body,
)
from customerhub.entrypoints.http_api.enrollments import PATH, TAG, circumstances_of, terms_of
from customerhub.entrypoints.http_api.idempotency import KEY_HEADER, key_of
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Request, Response, Route, parse_body
from customerhub.entrypoints.send_jobs import send_jobs
from customerhub.errors import InvalidInput
from customerhub.ports import RateVerdict
from customerhub.services.club_parts import Done, Enrolled
from customerhub.services.enroll_contact import enroll_contact
from customerhub.services.enroll_customer import enroll_customer
from customerhub.services.enroll_many import enroll_many

PATIENCE = timedelta(seconds=18)
"""For a selection; API Gateway waits 30 seconds."""
ENROLLED_MESSAGE = "Customer enrolled successfully. CRM sync in progress."
ALREADY_MESSAGE = "Customer is a member of this stage already."


def enroll_person(app: ClubApp, request: Request) -> Response:
    """Answer one call that enrolls somebody."""
    raw = request.body()
    body = parse_body(EnrollmentRequest, raw)
    if body.customer_id and body.names_a_person:
        raise InvalidInput("a customer is named by id or in words, not both", field="customerId")
    key = key_of(request, PATH, raw)
    return _enroll_known(app, request, body, key) if body.customer_id else _enroll_stated(app, request, body, key)


def _enroll_known(app: ClubApp, request: Request, body: EnrollmentRequest, key: IdempotencyKey | None) -> Response:
    customer_id = CustomerId(body.customer_id or "")

    def work(verdict: RateVerdict) -> Response:
        terms = terms_of(app, request, body.stage_id, "staff", may_move=body.move)
        done = enroll_customer(
            customer_id,
            terms,
            request.caller,
            circumstances_of(app, request),
            parts=app.parts,
            present=partial(_present, request=request, stage=terms.stage),
            before_write=verdict.require,
            key=key,
        )
        return _answered(app, request, done)

    return rated(app, request, f"id:{customer_id}", work)


def _enroll_stated(app: ClubApp, request: Request, body: EnrollmentRequest, key: IdempotencyKey | None) -> Response:
    contact = read_contact(body.to_statement(), request.caller, app.clock.now())

    def work(verdict: RateVerdict) -> Response:
        terms = terms_of(app, request, body.stage_id, "staff", may_move=body.move)
        done = enroll_contact(
            contact,
            terms,
            request.caller,
            circumstances_of(app, request, contact.source),
            parts=app.parts,
            present=partial(_present, request=request, stage=terms.stage),
            before_write=verdict.require,
            key=key,
        )
        return _answered(app, request, done)

    return rated(app, request, ":".join(contact.person), work)


def enroll_selection(app: ClubApp, request: Request) -> Response:
    """Answer one call that enrolls a selection."""
    body = parse_body(BulkRequest, request.body())

    def work(verdict: RateVerdict) -> Response:
        terms = terms_of(app, request, body.stage_id, "bulk", may_move=body.move)
        verdict.require()
        done = enroll_many(
            [CustomerId(customer) for customer in body.customer_ids],
            terms,
            request.caller,
            circumstances_of(app, request),
            parts=app.parts,
            until=app.clock.now() + PATIENCE,
        )
        send_jobs(app.queue, done.jobs, request.id)
        return Response(HTTPStatus.OK, bulk_response(done).model_dump_json())

    return rated(app, request, None, work)


def _present(outcome: Enrolled | Conflict, *, request: Request, stage: Stage) -> Answer:
    if isinstance(outcome, Conflict):
        refusal = conflict_response(outcome, request.caller, request.id)
        return Answer(HTTPStatus.CONFLICT, refusal.model_dump_json(exclude_none=True))
    customer, is_new = outcome.customer, outcome.is_new
    body = EnrollResponse(
        customer=ManagedCustomerBody.model_validate(
            customer_fields(customer) | {"is_new_account": outcome.is_new_customer}
        ),
        enrollment=fresh_body(outcome.enrollment, customer.id, stage),
        message=ENROLLED_MESSAGE if is_new else ALREADY_MESSAGE,
    )
    return Answer(HTTPStatus.CREATED if is_new else HTTPStatus.OK, body.model_dump_json())


def _answered(app: ClubApp, request: Request, done: Done) -> Response:
    send_jobs(app.queue, done.jobs, request.id)
    return Response(done.answer.status, done.answer.body)


ENROLL = Route(
    "POST",
    PATH,
    enroll_person,
    summary="Enroll a customer",
    description=(
        "The person is found or created as customer-management does it, becomes a member of the stage, and is owed to "
        "every connected shop and CRM; all of it at once or not at all. A member of the stage stays as it is (200); a "
        "member of another one is a 409 with code `already_enrolled`, unless `move` is true. A member needs an e-mail. "
        "For staff and service keys with club:enroll, and with customers:write where it is not `customerId` that says "
        "who it is."
    ),
    body=EnrollmentRequest,
    body_examples=examples.ENROLLMENT_REQUESTS,
    headers=KEY_HEADER,
    answers={
        200: Documented("A member of the stage already.", EnrollResponse, examples.ALREADY),
        201: Documented("Enrolled.", EnrollResponse, examples.ENROLLED),
        409: Documented(
            "Several accounts, or a member of another stage; nothing was changed.",
            EnrollmentRefusal,
            examples.REFUSALS,
        ),
    },
    tag=TAG,
)
BULK_ENROLL = Route(
    "POST",
    f"{PATH}/bulk",
    enroll_selection,
    summary="Enroll a selection of customers",
    description=(
        "Each of them by itself: one who is refused keeps nobody out. Sending it again is harmless. For staff and "
        "service keys with club:enroll."
    ),
    body=BulkRequest,
    body_examples=examples.BULK_REQUESTS,
    answers={200: Documented("What became of each.", BulkResponse, examples.BULK)},
    tag=TAG,
)
