"""What the use cases need from the outside.

The domain is imported for the type checker alone: the authorizer needs some of these ports, and must not load at every
cold start what only the others speak of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from customerhub.domain.changes import Changes
    from customerhub.domain.conflict import Conflict
    from customerhub.domain.conflict_record import ConflictRecord, ConflictStatus
    from customerhub.domain.credentials import Issuer, ServiceKey
    from customerhub.domain.customer import Customer, StoredCustomer
    from customerhub.domain.erasure import Erasure, References, Store
    from customerhub.domain.events import Event
    from customerhub.domain.export import ExportedRecord
    from customerhub.domain.idempotency import IdempotencyKey, StoredAnswer
    from customerhub.domain.identifier import Claim, IdentifierKey
    from customerhub.domain.ids import ConflictId, CustomerId, ErasureId, MergeId, TenantId, VerificationId
    from customerhub.domain.job import Job
    from customerhub.domain.merge import MergeRecord
    from customerhub.domain.page import Page
    from customerhub.domain.records import Record, RecordKind
    from customerhub.domain.send_limit import SendLimit
    from customerhub.domain.statistics import Counted, Figures, Generations, Group, Step
    from customerhub.domain.tenant import Tenant
    from customerhub.domain.verification import Proof, ProofKey, Verification


class Clock(Protocol):
    """Time, as the hub sees it."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def sleep(self, duration_s: float) -> None:
        """Wait."""


@dataclass(frozen=True)
class IdentityReading:
    """What is stored about a call's identifiers and its idempotency key, as of one moment each. `gone` are tombstones
    of the erased, with their versions; `proven` are the identifiers of which a proof was asked for and holds."""

    claims: Mapping[IdentifierKey, Claim]
    gone: Mapping[IdentifierKey, int]
    answer: StoredAnswer | None
    proven: frozenset[IdentifierKey] = frozenset()


class IdentityStore(Protocol):
    """Customers, claims and what is written with them. Reads are strongly consistent.

    Every method raises StoreUnavailable on a fault; writes raise LostRace when something changed since it was read.
    """

    def read_identity(
        self,
        tenant: Tenant,
        identifiers: Sequence[IdentifierKey],
        key: IdempotencyKey | None,
        proofs: Sequence[ProofKey] = (),
    ) -> IdentityReading:
        """All claims, the stored answer and those of `proofs` that there are, in one round trip."""

    def get_customers(self, tenant: TenantId, ids: Collection[CustomerId]) -> Mapping[CustomerId, StoredCustomer]:
        """Those that exist, in one round trip; none for no ids."""

    def write(self, tenant: Tenant, changes: Changes, answer: StoredAnswer | None) -> None:
        """All changes and the answer in one transaction."""

    def put_answer_if_absent(self, answer: StoredAnswer) -> None:
        """The answer alone, of a call that changed nothing."""

    def record_conflict(self, tenant: Tenant, conflict: Conflict) -> None:
        """Record a conflict of customers who are as they were read; one that is open is left as it is, one that was
        resolved is open again."""


class ConflictStore(Protocol):
    """Conflicts that were recorded. Every method raises StoreUnavailable on a fault."""

    def get_conflict(self, tenant: TenantId, conflict_id: ConflictId) -> ConflictRecord | None:
        """One conflict, read strongly consistently; None where there is none."""

    def list_conflicts(
        self, tenant: TenantId, status: ConflictStatus, before: str | None, limit: int
    ) -> Page[ConflictRecord]:
        """Those of that status, as of a moment ago, the one found last first."""

    def settle(self, records: Sequence[ConflictRecord]) -> None:
        """Replace what was read, as far as nobody else has changed it since."""


class VerificationStore(Protocol):
    """One-time codes and what they proved. Reads are strongly consistent; every method raises StoreUnavailable on a
    fault."""

    def count_send(self, tenant: TenantId, limit: SendLimit, now: datetime) -> int:
        """Count one message under a limit; the count of its present window, this one included."""

    def put_verification(self, tenant: TenantId, verification: Verification) -> None:
        """Keep a new verification."""

    def get_verification(self, tenant: TenantId, verification_id: VerificationId) -> Verification | None:
        """A verification, whoever asked for it; None where there is none."""

    def count_try(self, tenant: TenantId, verification: Verification) -> int:
        """Count one answer, whatever it is; the count, this one included. After a fault it may be counted twice."""

    def use(self, tenant: Tenant, verification: Verification, proof: Proof) -> None:
        """The used verification and its proof in one transaction. Raises GuardFailed where it was used since it was
        read, LostRace where another transaction was at one of the two."""


class Messenger(Protocol):
    """Messages to people. Methods raise InvalidInput where the recipient is refused, NotSent where the message has
    surely not been taken, and any other RetryLater on a fault, after which it may have been sent."""

    def send_email(self, to: str, subject: str, text: str) -> None:
        """Plain text to one address."""

    def send_sms(self, to: str, text: str) -> None:
        """A text message to one number in E.164."""


class CustomerDirectory(Protocol):
    """Lists of live customers, as of a moment ago; each customer is as read now. A page begins beyond the position
    `after`. Every method raises StoreUnavailable on a fault."""

    def by_activity(self, tenant: TenantId, after: str | None, limit: int) -> Page[Customer]:
        """All, the last changed first."""

    def by_name(self, tenant: TenantId, folded: str, after: str | None, limit: int) -> Page[Customer]:
        """Those whose name begins with `folded`, the first name or the last one coming first; in order of that."""

    def by_contact(
        self, tenant: TenantId, contact: IdentifierKey, but: Collection[CustomerId], after: str | None, limit: int
    ) -> Page[Customer]:
        """Those who show that e-mail or phone, owned or not, without `but`; in any order that stays."""


class MergeLedger(Protocol):
    """What merges made, and what they were made of. Reads are strongly consistent; methods raise StoreUnavailable."""

    def get_merge(self, tenant: TenantId, survivor: CustomerId, merge: MergeId) -> MergeRecord | None:
        """One merge, undone or not."""

    def holding_merges(self, tenant: TenantId, survivor: CustomerId) -> Sequence[MergeRecord]:
        """The merges into that customer that were not undone, in the order in which they were made."""

    def undone_merges(self, tenant: TenantId, survivor: CustomerId) -> Sequence[MergeRecord]:
        """The merges into that customer that were undone."""


class RecordStore(Protocol):
    """Links, orders, enrollments and leads. Reads are strongly consistent; methods raise StoreUnavailable."""

    def list_records(self, tenant: TenantId, customers: Sequence[CustomerId], limit: int) -> list[Record]:
        """Up to `limit` of each kind from each of the collections, in the order of their ids."""

    def move(self, tenant: TenantId, records: Sequence[Record], to: CustomerId) -> None:
        """Put records into another collection, all or none, at most 33. Raises LostRace where one is no longer there.
        Not idempotent: what was moved is not there any more."""


class TimelineStore(Protocol):
    """What happened to customers. Reads are strongly consistent."""

    def read_events(
        self, tenant: TenantId, customers: Sequence[CustomerId], before: str | None, limit: int
    ) -> Page[Event]:
        """The events of all these customers as one list, the newest first. Raises StoreUnavailable on a fault."""


class ErasureStore(Protocol):
    """Erasures, and what they remove. Reads are strongly consistent; every method raises StoreUnavailable on a fault.

    What is removed may be gone already.
    """

    def get_erasure(self, tenant: TenantId, erasure_id: ErasureId) -> Erasure | None:
        """An erasure, finished or not; None where there is none."""

    def put_erasure(self, erasure: Erasure) -> None:
        """Replace what was read. Raises LostRace where it has changed since."""

    def unfinished(self, limit: int) -> Sequence[Erasure]:
        """Some of all tenants' erasures that are not finished, the oldest first, as of a moment ago."""

    def count_items(self, erasure: Erasure) -> Mapping[Store, int]:
        """What there is to remove, by store."""

    def references(self, erasure: Erasure, limit: int) -> References:
        """Some of what still speaks of the person elsewhere."""

    def drop_references(self, references: References) -> None:
        """Remove these references themselves."""

    def drop_answers(self, tenant: TenantId, references: References) -> None:
        """Remove the stored answers that they lead to."""

    def clear_jobs(self, tenant: TenantId, references: References) -> None:
        """Take from the jobs that they lead to what staff had set in place of the person's own values. Raises LostRace
        where one has changed since it was read."""

    def drop_verifications(self, erasure: Erasure) -> None:
        """Remove the one-time codes that were sent before the erasure."""

    def drop_deliveries(self, tenant: Tenant) -> None:
        """Forget what webhooks say that are not worked, of whomever they tell."""

    def drop_collections(self, erasure: Erasure) -> Iterator[None]:
        """Remove, page by page, what was stored with the person, but for what stands in the place of a profile."""


class TraceStore(Protocol):
    """What others' lives and conflicts hold of a person. Reads are strongly consistent; every method raises
    StoreUnavailable on a fault, and a write LostRace where the item has changed since it was read."""

    def get_conflict(self, tenant: TenantId, conflict_id: ConflictId) -> ConflictRecord | None:
        """A conflict; None where there is none."""

    def put_conflict(self, record: ConflictRecord) -> None:
        """Replace what was read."""

    def delete_conflict(self, record: ConflictRecord) -> None:
        """Remove what was read."""

    def events(self, tenant: TenantId, customer: CustomerId) -> Iterator[Sequence[Event]]:
        """The events in one collection, the oldest first, in pages."""

    def put_event(self, event: Event) -> None:
        """Replace an event that is there."""

    def merges(self, tenant: TenantId, survivor: CustomerId) -> Sequence[MergeRecord]:
        """The ledger of one collection, also of merges that were undone."""

    def merges_into_others(self, tenant: TenantId, absorbed: CustomerId) -> Sequence[MergeRecord]:
        """The records of merges in which a customer was absorbed, or lost an identifier."""

    def put_merge(self, record: MergeRecord) -> None:
        """Replace a record; not one whose merge was undone since."""

    def delete_merge(self, record: MergeRecord) -> None:
        """Remove a record."""


class ExportStore(Protocol):
    """What is kept of customers, given by their own and former ids. Everything is read as it is asked for, page by
    page, strongly consistently; raises StoreUnavailable on a fault."""

    def records(self, tenant: TenantId, ids: Sequence[CustomerId], kind: RecordKind) -> Iterator[ExportedRecord]:
        """The records of one kind."""

    def events(self, tenant: TenantId, ids: Sequence[CustomerId]) -> Iterator[Event]:
        """The events, those of each id in order of time."""

    def merges(self, tenant: TenantId, ids: Sequence[CustomerId]) -> Iterator[MergeRecord]:
        """The ledger's records that tell of one of them."""

    def conflicts(self, tenant: Tenant, customer: Customer) -> Iterator[ConflictRecord]:
        """The conflicts in which the customer or an identifier of it was found."""

    def answers(self, tenant: TenantId, ids: Sequence[CustomerId]) -> Iterator[StoredAnswer]:
        """The answers that speak of one of them."""

    def jobs(self, tenant: TenantId, ids: Sequence[CustomerId]) -> Iterator[Job]:
        """The jobs for which staff have set values in place of the person's own."""


class TenantDirectory(Protocol):
    """All tenants, for what the hub does by itself. Every method raises StoreUnavailable on a fault."""

    def list_tenants(self) -> Iterator[TenantId]:
        """Read page by page."""

    def get_tenant(self, tenant: TenantId) -> Tenant | None:
        """A tenant's settings, in one round trip."""


class QuietCustomers(Protocol):
    """Customers in the order in which they fell quiet, as of a moment ago; each customer is as read now. Every method
    raises StoreUnavailable on a fault."""

    def get_watermark(self, tenant: Tenant) -> str | None:
        """Up to which position everybody was looked at; None for nobody, also since the tenant's patterns changed."""

    def put_watermark(self, tenant: Tenant, position: str) -> None:
        """Everybody up to `position` was looked at."""

    def read_quiet(self, tenant: TenantId, after: str | None, until: datetime, limit: int) -> Page[Customer]:
        """The next who have not changed since a moment before `until`. There is no next page once none is found."""

    def has_records(self, customer: Customer) -> bool:
        """Whether anything hangs on the customer: a link, an order, an enrollment, a lead."""


class ObjectStore(Protocol):
    """Files that are kept for a day."""

    def share(self, content: bytes, content_type: str, file_name: str) -> str:
        """Keep a file; a URL by which whoever has it may download the file for ten minutes. Raises RetryLater."""


RATE_WINDOW_S = 60


@dataclass(frozen=True)
class RateStatus:
    """Where a caller stands: of `limit` calls a minute about one person, `remaining` are left for `reset_s` seconds.

    `ceiling` is the limit of the credential as a whole.
    """

    limit: int
    ceiling: int
    remaining: int
    reset_s: int


class RateVerdict(Protocol):
    """A count that is under way beside the work."""

    def require(self) -> RateStatus:
        """Where the caller stands; asked again, the same. Raises TooManyRequests beyond a limit. A count that is late
        or fails lets the call pass: the limit protects the hub, and must not take it down."""


class RateLimiter(Protocol):
    """Counts calls per credential and person, and per credential."""

    def count(self, tenant: TenantId, credential: str, person: str | None, ceiling: int) -> RateVerdict:
        """Start to count one call; returns at once. Without a `person` the credential's ceiling alone counts."""


class CredentialStore(Protocol):
    """Tenants, service keys and issuers. Reads are strongly consistent; methods raise StoreUnavailable on a fault."""

    def get_service_key(self, tenant: TenantId, key_id: str) -> tuple[Tenant, ServiceKey] | None:
        """A key and its tenant's settings, in one round trip."""

    def get_issuer(self, url: str) -> tuple[Tenant, Issuer] | None:
        """The identity provider of that exact `iss`, and its tenant's settings, in two round trips."""

    def get_tenant(self, tenant: TenantId) -> Tenant | None:
        """A tenant's settings, in one round trip."""

    def get_registration(self, tenant: TenantId) -> tuple[Tenant, Issuer | None] | None:
        """A tenant's settings and its identity provider, in two round trips."""

    def put_registration(self, tenant: Tenant, issuer: Issuer | None, replaced: Issuer | None) -> None:
        """Register or change a tenant; tokens of `replaced` are no longer known. Raises GuardFailed where the issuer
        belongs to another tenant."""

    def put_service_key(self, key: ServiceKey) -> None:
        """Store a key, new or changed."""


@dataclass(frozen=True)
class CountedReading:
    """What has been counted of some customers, and the tenant's generations, as of one moment each."""

    generations: Generations
    counted: Mapping[CustomerId, Counted]


class StatisticsStore(Protocol):
    """The figures of a tenant, and what each customer adds to them. Reads are strongly consistent.

    Every method raises StoreUnavailable on a fault; writes raise LostRace when something changed since it was read.
    """

    def get_generations(self, tenant: TenantId) -> Generations:
        """Both are 0 for a tenant whose figures were never rebuilt. One round trip."""

    def read_figures(self, tenant: TenantId, generation: int, group: Group | None = None, after: str = "") -> Figures:
        """The figures of a group, of those subjects that sort after `after`, or of all groups. The cost does not grow
        with customers."""

    def read_counted(self, tenant: TenantId, customers: Collection[CustomerId]) -> CountedReading:
        """Up to 99 customers in one round trip."""

    def write_steps(self, tenant: TenantId, steps: Sequence[Step]) -> None:
        """Count them all or none, at most `MAX_STEPS`, in one transaction, unless one was counted in the meantime."""

    def put_generations_if(self, tenant: TenantId, generations: Generations, was: Generations) -> None:
        """Replace what was read."""

    def remove_generation(self, tenant: TenantId, generation: int) -> None:
        """Its figures are gone. Idempotent, also when it was interrupted."""


class ProfileImages(Protocol):
    """Reads the records of the customers table's stream."""

    def __call__(self, image: Mapping[str, Any]) -> StoredCustomer:
        """What stands in a customer's place, by the item's new image as DynamoDB types it. Raises whatever reading an
        item that is not one of ours may raise."""


class ProfileWalk(Protocol):
    """All of a tenant's customers, for the operator alone."""

    def walk(self, tenant: TenantId) -> Iterator[Sequence[StoredCustomer]]:
        """Whatever stands in a customer's place, in pages. Reads the whole table. Raises StoreUnavailable."""


class TokenVerifier(Protocol):
    """Checks tokens against the key set of their issuer."""

    def issuer_of(self, token: str) -> str:
        """The `iss` that a token says of itself, unproven. Raises Unauthenticated where it is no token."""

    def verify(self, token: str, issuer: Issuer) -> Mapping[str, object]:
        """The claims of a token whose signature, issuer, audience and times are right.

        Raises Unauthenticated when one is not, KeySetUnavailable when the key set cannot be fetched.
        """
