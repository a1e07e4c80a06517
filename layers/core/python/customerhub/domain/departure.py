"""A customer leaves, or identifiers leave a customer: what others share stays with them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from customerhub.domain.changes import Changes
from customerhub.domain.customer import Customer
from customerhub.domain.erasure import Cause, Erasure, requester_hash
from customerhub.domain.events import Circumstances, Event, EventType, change_event
from customerhub.domain.identifier import Claim, IdentifierKey, Kind
from customerhub.domain.ids import CredentialId, CustomerId, ExternalId, IntegrationId
from customerhub.domain.ownership import ClaimChanges, Customers, follow, with_heirs
from customerhub.domain.tenant import Tenant
from customerhub.domain.verification import recipient_hash

SOURCE = "privacy"


@dataclass(frozen=True)
class Estate:
    """A customer, the stored claims of all that it carries, and the other holders of these."""

    customer: Customer
    claims: Mapping[IdentifierKey, Claim]
    relatives: Mapping[CustomerId, Customer]


@dataclass(frozen=True)
class Requester:
    """Who wants a customer erased, and when; `by_person`: the customer in person."""

    credential: CredentialId
    by_person: bool
    now: datetime


def erase(estate: Estate, tenant: Tenant, cause: Cause, requester: Requester) -> Changes:
    """The writes from which on nobody finds the customer: its identifiers become tombstones, or free where the person
    has not asked for it, and phones that others share pass to their heirs."""
    heirs, claims = _divided(estate, {})
    erasure = _erasure(estate.customer, [claim.key for claim in claims.freed], tenant, cause, requester)
    circumstances = Circumstances(CredentialId(f"erasure:{erasure.id}"), SOURCE, erasure.id, requester.now)
    return Changes(
        customers=(erasure.stub(estate.customer), *heirs.values()),
        claims=claims.put,
        freed=() if cause is Cause.REQUEST else claims.freed,
        buried=claims.freed if cause is Cause.REQUEST else (),
        events=_inheritances(estate, heirs, circumstances),
        erasures=(erasure,),
    )


def take_off(estate: Estate, keys: frozenset[IdentifierKey], circumstances: Circumstances) -> Changes:
    """The writes that take identifiers off a customer who stays, as quiet as it was: `updated_at` is kept."""
    customer = estate.customer
    after = replace(customer, identifiers=tuple(i for i in customer.identifiers if i.key not in keys))
    parties, claims = _divided(estate, {after.id: after})
    heirs = {heir.id: heir for heir in parties.values() if heir.id != after.id}
    return Changes(
        customers=(after, *heirs.values()),
        claims=claims.put,
        freed=claims.freed,
        events=(
            change_event(EventType.CUSTOMER_UPDATED, customer, after, circumstances),
            *_inheritances(estate, heirs, circumstances),
        ),
    )


def _divided(estate: Estate, after: Customers) -> tuple[Customers, ClaimChanges]:
    """Everybody afterwards, heirs included, and the claims of what the customer carried: nothing else was read."""
    before = {estate.customer.id: estate.customer}
    parties = with_heirs(before, after, estate.claims, estate.relatives)
    claims = follow(before, parties, estate.claims, {})
    carried = {identifier.key for identifier in estate.customer.identifiers}
    return parties, replace(claims, put=tuple(claim for claim in claims.put if claim.key in carried))


def _inheritances(estate: Estate, heirs: Customers, circumstances: Circumstances) -> tuple[Event, ...]:
    relatives = estate.relatives
    return tuple(
        change_event(EventType.CUSTOMER_UPDATED, relatives[heir], after, circumstances) for heir, after in heirs.items()
    )


def _erasure(
    customer: Customer, keys: list[IdentifierKey], tenant: Tenant, cause: Cause, requester: Requester
) -> Erasure:
    linked = [key.value.partition(":") for key in keys if key.kind is Kind.EXTERNAL]
    return Erasure(
        tenant.id,
        customer.ids,
        cause,
        identifiers=tuple(tenant.keyed_hash(*key) for key in keys),
        recipients=tuple(recipient_hash(key, tenant) for key in keys if key.kind in (Kind.EMAIL, Kind.PHONE)),
        platforms=tuple(sorted({integration for integration, _, _ in linked})),
        requested_at=requester.now,
        requested_by=None if requester.by_person else requester.credential,
        requester=requester_hash(requester.credential, tenant),
        # A shop that has left is asked for nothing any more.
        remote={} if cause is Cause.SHOP else {IntegrationId(name): ExternalId(at) for name, _, at in linked},
    )
