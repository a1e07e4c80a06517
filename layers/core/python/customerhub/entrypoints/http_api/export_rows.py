"""An export as rows: names and values as JSON has them, the same for every format.

Everything is the person's own: of others who were found with the person, or whom the person was merged with for a
while, nothing is told but that they were there. A user does not learn who of the staff dealt with them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from customerhub.domain.caller import Caller, UserCaller
from customerhub.domain.conflict_record import ConflictRecord
from customerhub.domain.customer import Customer
from customerhub.domain.events import Event
from customerhub.domain.export import Export, ExportedRecord
from customerhub.domain.idempotency import RETENTION, StoredAnswer
from customerhub.domain.identifier import Claim, Identifier
from customerhub.domain.ids import CustomerId
from customerhub.domain.job import Job
from customerhub.domain.merge import MergeRecord
from customerhub.domain.records import RecordKind
from customerhub.domain.redaction import Span
from customerhub.domain.shared_life import is_shared, own_part, shared_times
from customerhub.entrypoints.http_api.customer_models import customer_fields

Row = Mapping[str, Any]
RECORD_SECTIONS = {
    "links": RecordKind.LINK,
    "orders": RecordKind.ORDER,
    "enrollments": RecordKind.ENROLLMENT,
    "leads": RecordKind.LEAD,
}


@dataclass(frozen=True)
class Section:
    """One kind of what is kept. Each call of `rows` reads them anew."""

    name: str
    rows: Callable[[], Iterator[Row]]


def export_sections(export: Export, caller: Caller) -> tuple[Section, ...]:
    """All sections; `customer` has one row."""
    customer, by = export.customer, _Actor(isinstance(caller, UserCaller))
    times = cache(lambda: shared_times(export.merges(), customer.ids))
    return (
        Section("customer", lambda: iter([_customer_row(customer, by)])),
        Section("identifiers", lambda: map(_identifier_row, customer.identifiers)),
        Section("claims", lambda: map(_claim_row, export.claims)),
        *(_record_section(name, kind, export) for name, kind in RECORD_SECTIONS.items()),
        Section("events", lambda: (_event_row(own_part(event, times()), by) for event in export.events())),
        Section("merges", lambda: (_merge_row(record, customer, by) for record in export.merges())),
        Section("conflicts", lambda: (_conflict_row(record, customer) for record in export.conflicts())),
        Section("answers", lambda: (_answer_row(stored, times()) for stored in export.answers())),
        Section("jobs", lambda: (_job_row(job) for job in export.jobs() if job.overrides)),
    )


@dataclass(frozen=True)
class _Actor:
    """Says who did something, as far as the reader may know."""

    is_for_user: bool

    def __call__(self, credential: str) -> str:
        return credential.partition(":")[0] if self.is_for_user else credential


def _record_section(name: str, kind: RecordKind, export: Export) -> Section:
    return Section(name, lambda: map(_record_row, export.records(kind)))


def _customer_row(customer: Customer, by: _Actor) -> Row:
    """Whom staff keep a person apart from is other people's affair."""
    fields = {_camel(name): value for name, value in customer_fields(customer).items() if name != "internal_id"}
    return fields | {
        "formerIds": list(customer.former_ids),
        "householdId": customer.household_id,
        "membership": customer.membership,
        **({} if by.is_for_user else {"keptApart": sorted(customer.kept_apart)}),
    }


def _identifier_row(identifier: Identifier) -> Row:
    return {
        "kind": identifier.kind,
        "value": identifier.value,
        "shown": identifier.shown,
        "spelled": identifier.spelled,
        "grade": identifier.grade.name.lower(),
        "source": identifier.source,
        "since": identifier.since.isoformat(),
        "owned": identifier.owned,
        "preferred": identifier.preferred,
    }


def _claim_row(claim: Claim) -> Row:
    return {
        "kind": claim.key.kind,
        "value": claim.key.value,
        "grade": claim.grade.name.lower(),
        "source": claim.source,
        "since": claim.since.isoformat(),
        "sharedWith": len(claim.sharers),
    }


def _record_row(record: ExportedRecord) -> Row:
    return {"customerId": record.customer, "id": record.id, **record.content}


def _event_row(event: Event, by: _Actor) -> Row:
    circumstances = event.circumstances
    return {
        "customerId": event.customer,
        "id": event.id,
        "type": event.type,
        "at": circumstances.now.isoformat(),
        "by": by(circumstances.credential),
        "source": circumstances.source,
        "requestId": circumstances.request_id,
        "via": [{"kind": key.kind, "value": key.value} for key in event.via],
        "before": event.before,
        "after": event.after,
    }


def _merge_row(record: MergeRecord, customer: Customer, by: _Actor) -> Row:
    images = (record.survivor, *record.absorbed, *record.bystanders)
    return {
        "id": record.id,
        "survivorId": record.survivor.id,
        "absorbedIds": [absorbed.id for absorbed in record.absorbed],
        "mergedAt": record.merged_at.isoformat(),
        "mergedBy": by(record.merged_by),
        "undoneAt": record.undone_at.isoformat() if record.undone_at else None,
        "before": [_image(image, by) for image in images if _is_of(customer.ids, image)],
        "after": _image(record.merged, by) if _is_of(customer.ids, record.merged) and not record.undone_at else None,
    }


def _is_of(ids: tuple[CustomerId, ...], image: Customer) -> bool:
    """Whether the image tells of nobody else."""
    return set(image.ids) <= set(ids)


def _image(customer: Customer, by: _Actor) -> Row:
    return {**_customer_row(customer, by), "identifiers": [_identifier_row(entry) for entry in customer.identifiers]}


def _conflict_row(record: ConflictRecord, customer: Customer) -> Row:
    own = [key for key in record.identifiers if customer.carries(key)]
    resolution = record.resolution
    return {
        "id": record.id,
        "kind": record.kind,
        "status": record.status,
        "foundAt": [found.now.isoformat() for found in record.found],
        "customers": len(record.customers),
        "identifiers": [{"kind": key.kind, "value": key.value} for key in own],
        "resolution": resolution.kind if resolution else None,
    }


def _answer_row(stored: StoredAnswer, times: tuple[Span, ...]) -> Row:
    """An answer that is not 200 speaks of several people, and so may one of a time at which two were one."""
    is_own = stored.answer.status == 200 and not is_shared(stored.expires_at - RETENTION, times)
    body = stored.answer.body if is_own else None
    return {"status": stored.answer.status, "body": body, "expiresAt": stored.expires_at.isoformat()}


def _job_row(job: Job) -> Row:
    return {
        "id": job.id,
        "kind": job.kind,
        "integration": job.integration,
        "overrides": dict(job.overrides),
        "updatedAt": job.updated_at.isoformat(),
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
