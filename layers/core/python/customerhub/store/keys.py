"""Where every item lives: `T#<tenant>#…` for a tenant's own, `AUTH#…` for what only the authorizer reads."""

import hashlib
import json
from typing import TYPE_CHECKING

from customerhub.deployment import PROFILE_SORT_KEY, TENANTS
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import (
    ConflictId,
    CustomerId,
    DeliveryId,
    DutyId,
    EnrollmentId,
    ErasureId,
    EventId,
    ImportId,
    IntegrationId,
    JobId,
    MergeId,
    RunId,
    StageId,
    TenantId,
    VerificationId,
    enrollment_part,
)
from customerhub.domain.tenant import Tenant
from customerhub.store.table import Key

if TYPE_CHECKING:
    # It reads phone numbers, with a library that the authorizer must not load.
    from customerhub.domain.verification import ProofKey

REFERENCE_PREFIX = "REF#"
EVENT_PREFIX = "EVENT#"
MERGE_PREFIX = "MERGE#"
VERIFICATION_PREFIX = "VERIFICATION#"
TENANT_PREFIX = "TENANT#"
INTEGRATION_PREFIX = "INTEGRATION#"
ALERT_PREFIX = "ALERT#"
STAGE_PREFIX = "STAGE#"
ENROLLMENT_PREFIX = "ENROLL#"
ORDER_PREFIX = "ORDER#"
PRODUCT_PREFIX = "PRODUCT#"


def profile(table: str, tenant: TenantId, customer: CustomerId) -> Key:
    """A customer's profile, or the alias that took its place."""
    return Key(table, collection(tenant, customer), PROFILE_SORT_KEY)


def event(table: str, tenant: TenantId, customer: CustomerId, event_id: EventId) -> Key:
    """An entry of a customer's timeline."""
    return Key(table, collection(tenant, customer), f"{EVENT_PREFIX}{event_id}")


def merge(table: str, tenant: TenantId, survivor: CustomerId, merge_id: MergeId) -> Key:
    """A line of the merge ledger, with the survivor."""
    return Key(table, collection(tenant, survivor), f"{MERGE_PREFIX}{merge_id}")


def reference(table: str, tenant: TenantId, customer: CustomerId, to: str) -> Key:
    """That something else, `to`, speaks of a customer."""
    return Key(table, collection(tenant, customer), f"{REFERENCE_PREFIX}{to}")


def conflict_reference(conflict_id: ConflictId) -> str:
    """What a reference to a conflict ends with."""
    return f"CONFLICT#{conflict_id}"


def answer_reference(digest: str) -> str:
    """What a reference to a stored answer ends with."""
    return f"ANSWER#{digest}"


def merge_reference(survivor: CustomerId, merge_id: MergeId) -> str:
    """What a reference to a ledger record with another customer ends with."""
    return f"MERGE#{survivor}#{merge_id}"


def claim(table: str, tenant: Tenant, identifier: IdentifierKey) -> Key:
    """Who owns an identifier, or that an erased person did."""
    return Key(table, identifier_partition(tenant.id, tenant.keyed_hash(*identifier)), "CLAIM")


def mention(table: str, tenant: Tenant, identifier: IdentifierKey, to: str) -> Key:
    """That something else, `to`, names an identifier, which may be nobody's yet."""
    return Key(table, claim(table, tenant, identifier).partition, f"{REFERENCE_PREFIX}{to}")


def conflict(table: str, tenant: TenantId, conflict_id: ConflictId) -> Key:
    """A conflict, open or resolved."""
    return Key(table, f"T#{tenant}#CONFLICT#{conflict_id}", "CONFLICT")


def answer(table: str, tenant: TenantId, digest: str) -> Key:
    """The answer that an idempotency key got."""
    return Key(table, f"T#{tenant}#IDEMPOTENCY#{digest}", "IDEMPOTENCY")


def rate_counter(table: str, tenant: TenantId, subject: str, window: int) -> Key:
    """Calls counted in one minute; `window` is that minute's number since the epoch."""
    return Key(table, f"T#{tenant}#RATE#{_digest(subject)}#{window}", "RATE")


def verification(table: str, tenant: TenantId, verification_id: VerificationId) -> Key:
    """A one-time code that was sent, with whatever else was sent to the same recipient."""
    recipient, _, own = verification_id.partition("-")
    return Key(table, f"T#{tenant}#VERIFY#{recipient}", f"{VERIFICATION_PREFIX}{own}")


def tries(table: str, tenant: TenantId, verification_id: VerificationId) -> Key:
    """Answers counted for one verification, beside it."""
    recipient, _, own = verification_id.partition("-")
    return Key(table, f"T#{tenant}#VERIFY#{recipient}", f"TRIES#{own}")


def sends(table: str, tenant: TenantId, subject: str, window_s: int, window: int) -> Key:
    """Messages counted in one window; `window` is its number since the epoch."""
    return Key(table, f"T#{tenant}#SENDS#{subject}", f"{window_s}#{window}")


def proof(table: str, tenant: Tenant, key: "ProofKey") -> Key:
    """That a credential has proven an identifier."""
    return Key(table, f"T#{tenant.id}#PROOF#{tenant.keyed_hash('proof', key.credential, *key.identifier)}", "PROOF")


def counted(table: str, tenant: TenantId, customer: CustomerId) -> Key:
    """What a customer adds to the tenant's figures."""
    return Key(table, f"T#{tenant}#STATS#C#{customer}", "COUNTED")


def generations(table: str, tenant: TenantId) -> Key:
    """Which figures are shown, and which are written."""
    return Key(table, f"T#{tenant}#STATS#GENERATIONS", "GENERATIONS")


def figures(table: str, tenant: TenantId, shard: tuple[int, int], subject: str) -> Key:
    """One shard's part of the figures of a subject; a shard has a generation and a number."""
    return Key(table, f"T#{tenant}#STATS#{shard[0]}#{shard[1]}", subject)


def erasure(table: str, tenant: TenantId, erasure_id: ErasureId) -> Key:
    """That a customer was erased, or is being so."""
    return Key(table, f"T#{tenant}#ERASURE#{erasure_id}", "ERASURE")


def cleanup(table: str, tenant: TenantId) -> Key:
    """How far the cleaning of quiet customers has come."""
    return Key(table, f"T#{tenant}#CLEANUP", "CLEANUP")


def import_item(table: str, tenant: TenantId, import_id: ImportId, sort: str) -> Key:
    """An import, or what belongs to it."""
    return Key(table, f"T#{tenant}#IMPORT#{import_id}", sort)


def run_item(table: str, tenant: TenantId, run: RunId, sort: str) -> Key:
    """A run, or what belongs to it."""
    return Key(table, f"T#{tenant}#RUN#{run}", sort)


def pull_item(table: str, tenant: TenantId, integration_id: IntegrationId, sort: str) -> Key:
    """How an integration's pulls are going, and how far they have come."""
    return Key(table, f"T#{tenant}#PULL#{integration_id}", sort)


def tenant_entry(table: str, tenant: TenantId) -> Key:
    """That there is such a tenant."""
    return Key(table, TENANTS, f"{TENANT_PREFIX}{tenant}")


def tenant_settings(table: str, tenant: TenantId) -> Key:
    """A tenant's settings."""
    return Key(table, f"AUTH#TENANT#{tenant}", "SETTINGS")


def service_key(table: str, tenant: TenantId, key_id: str) -> Key:
    """A service key's hash and scopes, beside its tenant's settings."""
    return Key(table, f"AUTH#TENANT#{tenant}", f"KEY#{key_id}")


def issuer(table: str, url: str) -> Key:
    """Whose tokens an identity provider signs."""
    return Key(table, f"AUTH#ISSUER#{_digest(url)}", "ISSUER")


def collection(tenant: TenantId, customer: CustomerId) -> str:
    """The partition that holds what was stored with a customer."""
    return f"T#{tenant}#C#{customer}"


def identifier_partition(tenant: TenantId, hashed: str) -> str:
    """The partition of an identifier, given by its keyed hash."""
    return f"T#{tenant}#I#{hashed}"


def customer_of(key: Key) -> CustomerId:
    """Whose collection an item is in."""
    return CustomerId(key.partition.rpartition("#")[2])


def integration(table: str, tenant: TenantId, integration_id: IntegrationId) -> Key:
    """A connection to a shop or CRM, beside the tenant's others."""
    return Key(table, f"T#{tenant}#INTEGRATIONS", f"{INTEGRATION_PREFIX}{integration_id}")


def shop_address(table: str, platform: str, account: str) -> Key:
    """Whose an account of a platform is, among all tenants."""
    return Key(table, f"SHOP#{platform}#{account.casefold()}", "SHOP")


def care(table: str, tenant: TenantId, integration_id: IntegrationId) -> Key:
    """How an integration was found when it was last looked after."""
    return Key(table, f"T#{tenant}#CARE#{integration_id}", "CARE")


def owing_progress(table: str, tenant: TenantId, integration_id: IntegrationId) -> Key:
    """How far an integration has come to be owed what was there before it, beside that."""
    return Key(table, f"T#{tenant}#CARE#{integration_id}", "OWING")


def alert(table: str, tenant: TenantId, integration_id: IntegrationId, kind: str) -> Key:
    """The last alert of its kind about an integration, beside that."""
    return Key(table, f"T#{tenant}#CARE#{integration_id}", f"{ALERT_PREFIX}{kind}")


def delivery(table: str, tenant: TenantId, delivery_id: DeliveryId) -> Key:
    """A webhook that was received."""
    return Key(table, f"T#{tenant}#DELIVERY#{delivery_id}", "DELIVERY")


def placed_offer(table: str, tenant: TenantId, integration_id: IntegrationId, stage: StageId) -> Key:
    """Where a stage's discount stands in an integration, beside those of the other stages."""
    return Key(table, f"T#{tenant}#OFFERS#{integration_id}", f"{STAGE_PREFIX}{stage}")


def pace(table: str, tenant: TenantId, integration_id: IntegrationId) -> Key:
    """How much of an integration's allowance is taken."""
    return Key(table, f"T#{tenant}#PACE#{integration_id}", "PACE")


def credentials_lease(table: str, tenant: TenantId, integration_id: IntegrationId) -> Key:
    """Who alone may renew an integration's credentials."""
    return Key(table, f"T#{tenant}#LEASE#{integration_id}", "LEASE")


def job(table: str, tenant: TenantId, job_id: JobId) -> Key:
    """What is owed to the outside, or at a later time."""
    return Key(table, f"T#{tenant}#JOB#{job_id}", "JOB")


def job_reference(job_id: JobId) -> str:
    """What a reference to a job ends with."""
    return f"JOB#{job_id}"


def sync_figures(table: str, tenant: TenantId, shard: int, sort: str) -> Key:
    """One shard's part of what is counted of a tenant's jobs."""
    return Key(table, f"T#{tenant}#SYNC#{shard}", sort)


def stage(table: str, tenant: TenantId, stage_id: StageId) -> Key:
    """A club tier, beside the tenant's others."""
    return Key(table, f"T#{tenant}#STAGES", f"{STAGE_PREFIX}{stage_id}")


def stage_name(table: str, tenant: TenantId, folded: str) -> Key:
    """That a stage bears a name, beside the stages; `folded` is the name without regard to case."""
    return Key(table, f"T#{tenant}#STAGES", f"NAME#{folded}")


def enrollment(table: str, tenant: TenantId, stored_with: CustomerId, enrollment_id: EnrollmentId) -> Key:
    """A membership in the collection that it is stored in."""
    return Key(table, collection(tenant, stored_with), f"{ENROLLMENT_PREFIX}{enrollment_part(enrollment_id)}")


def given_enrollment(table: str, tenant: TenantId, enrollment_id: EnrollmentId) -> Key:
    """Who has an enrollment that was taken out of the collection that its id names."""
    return Key(table, f"T#{tenant}#ENROLLMENT#{enrollment_id}", "GIVEN")


def order(table: str, tenant: TenantId, customer: CustomerId, record_id: str) -> Key:
    """An order in a customer's collection."""
    return Key(table, collection(tenant, customer), f"{ORDER_PREFIX}{record_id}")


def order_place(table: str, tenant: TenantId, source: str, external_id: str) -> Key:
    """In whose collection an order of a shop or backend is."""
    return Key(table, f"T#{tenant}#ORDER#{_digest(json.dumps([source, external_id]))}", "ORDER")


def deleted_record(table: str, tenant: TenantId, integration_id: IntegrationId, record: str) -> Key:
    """That a shop has deleted a record of a customer."""
    return Key(table, f"T#{tenant}#DELETED#{integration_id}#{record}", "DELETED")


def product(table: str, tenant: TenantId, integration_id: IntegrationId, product_id: str) -> Key:
    """A shop's product, beside the shop's others."""
    return Key(table, f"T#{tenant}#PRODUCTS#{integration_id}", f"{PRODUCT_PREFIX}{product_id}")


def duty(table: str, tenant: TenantId, duty_id: DutyId) -> Key:
    """What a platform has passed on that the law wants done."""
    return Key(table, f"T#{tenant}#DUTY#{duty_id}", "DUTY")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
