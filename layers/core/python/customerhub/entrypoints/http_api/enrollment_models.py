"""Enrollments as JSON."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from customerhub.domain.contact import Statement
from customerhub.domain.enrollment import Enrollment
from customerhub.domain.enrollment_view import EnrollmentView, IntegrationState
from customerhub.domain.ids import CustomerId
from customerhub.domain.stage import Stage
from customerhub.entrypoints.http_api.customer_models import Conflicts, ManagedCustomerBody, Name, Source, Text
from customerhub.entrypoints.http_api.models import Body, RequestBody
from customerhub.entrypoints.http_api.stage_models import percent
from customerhub.services.enroll_many import BulkEnrolled, BulkOutcome, BulkResult

MAX_BULK = 100
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
ReasonText = Annotated[str, StringConstraints(max_length=200)]


class EnrollmentRequest(RequestBody):
    """Who is to be enrolled, in which stage: a person in any words, or a customer by id."""

    stage_id: Id
    customer_id: Id | None = Field(None, description="A known customer; then nothing else says who it is.")
    email: Text | None = Field(None, description="In any case.")
    phone: Text | None = Field(None, description="In any spelling; a local one needs the tenant's area code.")
    first_name: Name | None = None
    last_name: Name | None = None
    source: Source | None = Field(None, description="Where the person comes from: `chatbot`, `webapp`, …")
    same_person: bool | None = Field(
        None, description="After a 409 for a shared phone: whether the person says to be the account's owner."
    )
    move: bool = Field(default=False, description="A member of another stage goes on to this one.")

    @property
    def names_a_person(self) -> bool:
        """Whether anything but an id says who it is."""
        stated = (self.email, self.phone, self.first_name, self.last_name, self.source, self.same_person)
        return any(value is not None for value in stated)

    def to_statement(self) -> Statement:
        """The words as the domain takes them."""
        return Statement(
            source=(self.source or "").lower() or None,
            email=(self.email or "").strip() or None,
            phone=(self.phone or "").strip() or None,
            first_name=self.first_name,
            last_name=self.last_name,
            same_person=self.same_person,
        )


class MoveRequest(RequestBody):
    """The stage that the member goes on to."""

    stage_id: Id


class CancelRequest(RequestBody):
    """Why the membership ends."""

    reason: ReasonText | None = None


class BulkRequest(RequestBody):
    """A selection of customers, and the stage that all of them are to enter."""

    customer_ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_BULK)]
    stage_id: Id
    move: bool = Field(default=False, description="Members of other stages go on to this one.")


class EnrolledStageBody(Body):
    """The stage of an enrollment."""

    id: str
    name: str
    discount_percent: float


class IntegrationStateBody(Body):
    """How far one shop or CRM has the enrollment."""

    integration: str = Field(examples=["shopify"])
    state: str = Field(description="`synced`, `pending`, or what keeps the job from going on: `parked`, `discarded`, …")
    synced_at: str | None
    reason: str | None = Field(description="Why it does not go on by itself.")


class EnrollmentBody(Body):
    """A customer's membership in a stage."""

    id: str
    customer_id: str = Field(description="Who has it by now.")
    stage_id: str
    stage: EnrolledStageBody | None
    status: Literal["active", "expired", "cancelled", "moved"]
    started_at: str
    expires_at: str | None = Field(description="When it ends by itself; null: never.")
    ended_at: str | None
    reason: str | None = Field(description="What was said when it was cancelled.")
    moved_to: str | None = Field(description="The enrollment that followed this one.")
    how: str = Field(description="What enrolled the customer: `staff`, `bulk`, `import` or `order`.")
    synced_to_crm: bool = Field(description="Whether every connected shop and CRM has it as it is.")
    crm_sync_at: str | None = Field(description="Since when.")
    integrations: list[IntegrationStateBody]


class EnrollResponse(Body):
    """The customer as a member."""

    customer: ManagedCustomerBody
    enrollment: EnrollmentBody
    message: str


class OneEnrollmentResponse(Body):
    """One enrollment."""

    enrollment: EnrollmentBody


class MoveResponse(OneEnrollmentResponse):
    """The enrollment in the stage that the member went on to, and the one before it; null for who was there already."""

    previous: EnrollmentBody | None


class EnrollmentsResponse(Body):
    """A page of enrollments; `nextCursor` is null on the last one."""

    enrollments: list[EnrollmentBody]
    next_cursor: str | None


class BulkResultBody(Body):
    """What became of one of the selection."""

    customer_id: str
    outcome: BulkOutcome
    enrollment_id: str | None
    code: str | None = Field(description="Why not; `try_again` is a fault of the moment.")
    message: str | None


class BulkResponse(Body):
    """One result for each of the selection; the counts add up to `total`."""

    total: int
    enrolled: int
    unchanged: int
    refused: int
    failed: int
    results: list[BulkResultBody]


class EnrollmentRefusal(Body):
    """The person belongs to several accounts, which `conflicts` tells of, or is a member of another stage."""

    error: str
    message: str
    code: str
    request_id: str
    field: str | None = None
    conflicts: Conflicts | None = None


def enrollment_body(view: EnrollmentView) -> EnrollmentBody:
    """The body of an enrollment."""
    enrollment, stage = view.enrollment, view.stage
    return EnrollmentBody(
        id=enrollment.id,
        customer_id=view.customer,
        stage_id=enrollment.stage,
        stage=_stage(stage) if stage else None,
        status=enrollment.status.value,
        started_at=enrollment.started_at.isoformat(),
        expires_at=enrollment.expires_at.isoformat() if enrollment.expires_at else None,
        ended_at=enrollment.ended_at.isoformat() if enrollment.ended_at else None,
        reason=enrollment.reason,
        moved_to=enrollment.moved_to,
        how=enrollment.how,
        synced_to_crm=enrollment.last_synced_at is not None,
        crm_sync_at=enrollment.last_synced_at.isoformat() if enrollment.last_synced_at else None,
        integrations=[_state(state) for state in view.integrations],
    )


def fresh_body(enrollment: Enrollment, customer: CustomerId, stage: Stage | None) -> EnrollmentBody:
    """The body of an enrollment whose stage is at hand."""
    return enrollment_body(EnrollmentView(enrollment, customer, stage))


def bulk_response(done: BulkEnrolled) -> BulkResponse:
    """The body of a bulk enrollment."""
    outcomes = [result.outcome for result in done.results]
    return BulkResponse(
        total=len(outcomes),
        enrolled=outcomes.count(BulkOutcome.ENROLLED),
        unchanged=outcomes.count(BulkOutcome.UNCHANGED),
        refused=outcomes.count(BulkOutcome.REFUSED),
        failed=outcomes.count(BulkOutcome.FAILED),
        results=[_result(result) for result in done.results],
    )


def _stage(stage: Stage) -> EnrolledStageBody:
    return EnrolledStageBody(id=stage.id, name=stage.name, discount_percent=percent(stage.discount_basis_points))


def _state(state: IntegrationState) -> IntegrationStateBody:
    return IntegrationStateBody(
        integration=state.integration,
        state=state.state,
        synced_at=state.synced_at.isoformat() if state.synced_at else None,
        reason=state.reason,
    )


def _result(result: BulkResult) -> BulkResultBody:
    return BulkResultBody(
        customer_id=result.customer,
        outcome=result.outcome,
        enrollment_id=result.enrollment,
        code=result.code,
        message=result.message,
    )
