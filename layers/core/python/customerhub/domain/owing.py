"""Incurring a debt: a job that begins to wait, or one that waits again. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from customerhub.domain.ids import CustomerId, EnrollmentId, IntegrationId, JobId, StageId, TenantId
from customerhub.domain.job import Job, JobChange, JobKind, JobStatus, job_id


@dataclass(frozen=True)
class Debt:
    """What is owed, and about what. The same debt is one job, however often it is incurred."""

    tenant: TenantId
    kind: JobKind
    integration: IntegrationId | None = None
    customer: CustomerId | None = None
    enrollment: EnrollmentId | None = None
    stage: StageId | None = None

    @property
    def job(self) -> JobId:
        """The id of its job."""
        about = (self.integration, self.customer, self.enrollment, self.stage)
        return job_id(self.kind, *(part for part in about if part is not None))


def sync_customer(tenant: TenantId, integration: IntegrationId, customer: CustomerId) -> Debt:
    """An integration is to have a customer and their discounts as the hub has them."""
    return Debt(tenant, JobKind.SYNC_CUSTOMER, integration=integration, customer=customer)


def sync_stage(tenant: TenantId, integration: IntegrationId, stage: StageId) -> Debt:
    """An integration is to have a stage's discount as the hub has it."""
    return Debt(tenant, JobKind.SYNC_STAGE, integration=integration, stage=stage)


def end_enrollment(tenant: TenantId, enrollment: EnrollmentId) -> Debt:
    """An enrollment is to expire, due at that moment."""
    return Debt(tenant, JobKind.END_ENROLLMENT, enrollment=enrollment)


def send_welcome(tenant: TenantId, enrollment: EnrollmentId) -> Debt:
    """The member is to get one e-mail about the enrollment."""
    return Debt(tenant, JobKind.SEND_WELCOME, enrollment=enrollment)


def register_webhooks(tenant: TenantId, integration: IntegrationId) -> Debt:
    """An integration is to report to the hub, and to be looked after."""
    return Debt(tenant, JobKind.REGISTER_WEBHOOKS, integration=integration)


def owe_members(tenant: TenantId, integration: IntegrationId) -> Debt:
    """An integration is to be owed the stages and members that were there before it."""
    return Debt(tenant, JobKind.OWE_MEMBERS, integration=integration)


def owe(debt: Debt, known: Job | None, now: datetime, due_at: datetime | None = None) -> JobChange:
    """The debt's job, to be done at `due_at` (None: now), whatever became of it before. `known` is the job as read,
    None where there is none.

    A job that waits already goes on waiting, with its failures and the time since which it has been owed, but is due
    anew: there is something new to bring about, and whoever is at it now learns of that from the version. Any other
    begins afresh. What staff have set for it stays.
    """
    due_at = due_at or now
    if known is None:
        return JobChange(_new_job(debt, now, due_at))
    if known.status is JobStatus.WAITING:
        return JobChange(replace(known, due_at=due_at, updated_at=now, quiet_until=None), known)
    return JobChange(afresh(known, now, due_at), known)


def afresh(job: Job, now: datetime, due_at: datetime) -> Job:
    """The job as though it had not been tried yet."""
    return replace(
        job,
        status=JobStatus.WAITING,
        due_at=due_at,
        updated_at=now,
        owed_since=max(now, due_at),
        reason=None,
        attempts=0,
        failures=(),
        quiet_until=None,
    )


def _new_job(debt: Debt, now: datetime, due_at: datetime) -> Job:
    return Job(
        debt.tenant,
        debt.job,
        debt.kind,
        due_at,
        created_at=now,
        updated_at=now,
        integration=debt.integration,
        customer=debt.customer,
        enrollment=debt.enrollment,
        stage=debt.stage,
        owed_since=max(now, due_at),
    )
