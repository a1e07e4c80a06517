"""One thing that is owed to the outside, or at a later time."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from customerhub.domain.ids import CustomerId, EnrollmentId, IntegrationId, JobId, StageId, TenantId


class JobKind(StrEnum):
    """What a job does. Each brings about what the hub's records say at the moment it runs, however often it runs."""

    SYNC_CUSTOMER = "sync_customer"
    """The customer's record and discounts in one integration are as the hub has them."""
    SYNC_STAGE = "sync_stage"
    """The stage's discount in one integration is as the hub has it."""
    END_ENROLLMENT = "end_enrollment"
    """An enrollment whose time is up expires."""
    SEND_WELCOME = "send_welcome"
    """A new member gets one e-mail."""
    REGISTER_WEBHOOKS = "register_webhooks"
    """An integration reports to the hub whatever concerns it, and what it could not report meanwhile is fetched."""
    OWE_MEMBERS = "owe_members"
    """A newly connected integration is owed all stages and members that there are."""


class JobStatus(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    """Owed: now, or when it is due."""
    DONE = "done"
    SKIPPED = "skipped"
    """There was nothing left to do; `reason` says why."""
    PARKED = "parked"
    """A person must look; `reason` says why."""
    DISCARDED = "discarded"
    """A person said that it is not to be done."""


@dataclass(frozen=True)
class Failure:
    """An attempt that failed. `code` is stable; `message` is for a person, and names no person."""

    at: datetime
    code: str
    message: str


@dataclass(frozen=True)
class Lease:
    """Who is at the job; nobody else may be until `until`."""

    token: str
    until: datetime


@dataclass(frozen=True)
class Job:
    """A debt of the hub's, and how far it has been paid.

    `due_at` is when it is to be tried next. `attempts` counts those since it was last owed, `failures` are the last of
    them that failed. `overrides` are values that staff set for this job in place of the customer's own (`email`,
    `firstName`, `lastName`, `phone`; JSON null: do not send it). `version` counts the writes; 0 is not stored yet.
    """

    tenant: TenantId
    id: JobId
    kind: JobKind
    due_at: datetime
    created_at: datetime
    updated_at: datetime
    integration: IntegrationId | None = None
    customer: CustomerId | None = None
    enrollment: EnrollmentId | None = None
    stage: StageId | None = None
    status: JobStatus = JobStatus.WAITING
    reason: str | None = None
    attempts: int = 0
    failures: tuple[Failure, ...] = ()
    overrides: Mapping[str, str | None] = field(default_factory=dict)
    lease: Lease | None = None
    owed_since: datetime | None = None
    """Since when it has been owed without having been done; retries end a while after."""
    quiet_until: datetime | None = None
    """Until when the sweep leaves it alone: a worker was told of it, or is at it."""
    version: int = 0

    def is_leased(self, now: datetime) -> bool:
        """Whether somebody is at it."""
        return self.lease is not None and self.lease.until > now


@dataclass(frozen=True)
class Attempt:
    """What is counted of an attempt: when it ended, whether it failed, and how many seconds the platform took for each
    of its answers."""

    at: datetime
    failed: bool = False
    response_times_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class JobChange:
    """A job as it is to be written, and as it was read; `before` is None for a new one. What is shown of the health of
    the work is counted from the difference, and from the `attempt` that led to it, if one did."""

    after: Job
    before: Job | None = None
    attempt: Attempt | None = None

    @property
    def stored(self) -> Job:
        """The job once it is written so."""
        return replace(self.after, version=self.before.version + 1 if self.before else 1)


def job_id(kind: JobKind, *about: str) -> JobId:
    """The id of what is owed about these subjects: 128 bits of a hash, in hexadecimal."""
    return JobId(hashlib.sha256(json.dumps([kind, *about]).encode()).hexdigest()[:32])
