"""Ids as types, so that one is never passed for another."""

import re
import secrets
import threading
import time
import uuid
from typing import NewType

TenantId = NewType("TenantId", str)
"""Lower-case letters, digits and hyphens; chosen by the operator."""
CustomerId = NewType("CustomerId", str)
"""A UUID: random, so that customers spread over the table's partitions."""
EventId = NewType("EventId", str)
"""A ULID: sorts by time."""
MergeId = NewType("MergeId", str)
"""A ULID: sorts by time."""
ConflictId = NewType("ConflictId", str)
"""Derived from what is in conflict: the same conflict has the same id however often it is found."""
ErasureId = NewType("ErasureId", str)
"""The id of the customer who was erased: the same however often the erasure is asked for."""
VerificationId = NewType("VerificationId", str)
"""A keyed hash that stands for the recipient, a hyphen and 128 random bits, in hexadecimal."""
IntegrationId = NewType("IntegrationId", str)
"""Of one tenant's connection to a shop or CRM: lower-case letters, digits and hyphens, such as `shopify`."""
ExternalId = NewType("ExternalId", str)
"""A platform's own id of a record, always text: numbers of platforms pass 2^53."""
StageId = NewType("StageId", str)
"""A UUID."""
EnrollmentId = NewType("EnrollmentId", str)
"""The id of the customer in whose collection the enrollment is stored, a dot and a ULID."""
JobId = NewType("JobId", str)
"""Derived from what is owed: the same debt has the same id however often it is incurred."""
ImportId = NewType("ImportId", str)
"""A ULID: sorts by time."""
RunId = NewType("RunId", str)
"""Of a bulk piece of work: a ULID, which sorts by time."""
DeliveryId = NewType("DeliveryId", str)
"""Derived from the integration and the event that a webhook tells of: each event is one delivery."""
DutyId = NewType("DutyId", str)
"""Derived from the request that a platform has passed on: the same request is one duty."""
CredentialId = NewType("CredentialId", str)
"""Who calls: `key:<service key id>`, `user:<subject>` or `staff:<subject>`; never a secret."""

INTEGRATION_ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
ENROLLMENT_ID_PATTERN = re.compile(r"[0-9a-f-]{36}\.[0-9A-Z]{26}")
JOB_ID_PATTERN = re.compile(r"[0-9a-f]{32}")
DELIVERY_ID_PATTERN = re.compile(r"[0-9a-f]{32}")
ULID_PATTERN = re.compile(r"[0-9A-Z]{26}")
DUTY_ID_PATTERN = re.compile(r"[0-9a-f]{32}")
TENANT_ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
CONFLICT_ID_PATTERN = re.compile(r"[0-9a-f]{32}")
VERIFICATION_ID_PATTERN = re.compile(r"[0-9a-f]{64}-[0-9a-f]{32}")


def new_customer_id() -> CustomerId:
    """A fresh random id."""
    return CustomerId(str(uuid.uuid4()))


def new_household_id() -> str:
    """A fresh random id of people who share a phone."""
    return str(uuid.uuid4())


def new_event_id() -> EventId:
    """A fresh id that sorts after those of earlier milliseconds."""
    return EventId(_ulid())


def new_merge_id() -> MergeId:
    """A fresh id that sorts after those of earlier milliseconds."""
    return MergeId(_ulid())


def new_stage_id() -> StageId:
    """A fresh random id."""
    return StageId(str(uuid.uuid4()))


def new_enrollment_id(customer: CustomerId) -> EnrollmentId:
    """A fresh id of an enrollment that is stored with that customer."""
    return EnrollmentId(f"{customer}.{_ulid()}")


def enrolled_customer(enrollment: EnrollmentId) -> CustomerId:
    """In whose collection the enrollment is stored: who it was written for, perhaps merged since."""
    return CustomerId(enrollment.partition(".")[0])


def enrollment_part(enrollment: EnrollmentId) -> str:
    """What the id tells the enrollment from others by, whoever it is stored with: a ULID, which sorts by time."""
    return enrollment.partition(".")[2]


def new_import_id() -> ImportId:
    """A fresh id that sorts after those of earlier milliseconds."""
    return ImportId(_ulid())


def new_run_id() -> RunId:
    """A fresh id that sorts after those of earlier milliseconds."""
    return RunId(_ulid())


def new_verification_id(recipient_hash: str) -> VerificationId:
    """A fresh id that nobody can guess; it says where the verification is kept."""
    return VerificationId(f"{recipient_hash}-{secrets.token_hex(16)}")


_newest, _lock = [0], threading.Lock()
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _ulid() -> str:
    """48 bits of milliseconds, 80 random bits, in Crockford's base 32; those of one process sort as they were made, so
    that the events of one call stay in their order. (The usual package reads its own metadata when imported, which
    costs a cold start more than all of its other work.)"""
    value = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    with _lock:
        value = max(value, _newest[0] + 1)
        _newest[0] = value
    return "".join(_CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))
