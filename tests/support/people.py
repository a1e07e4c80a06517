"""Callers, contacts and customers for tests of the domain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from customerhub.domain.caller import Caller, Scope, TrustedCaller, UserCaller
from customerhub.domain.changes import Situation, create
from customerhub.domain.contact import Contact, Statement, read_contact
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.identifier import Claim
from customerhub.domain.identity import Known
from customerhub.domain.ids import CredentialId, TenantId, new_customer_id
from customerhub.domain.tenant import LinkingPolicy, Tenant

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
TENANT = Tenant(TenantId("winery"), "Winery", "US", "707", hash_key="ab" * 32)
TRUSTING = replace(TENANT, linking=LinkingPolicy.TRUSTING)
SERVICE = TrustedCaller(TENANT, CredentialId("key:1"), frozenset(Scope), 6000)
CIRCUMSTANCES = Circumstances(SERVICE.credential, "chatbot", "request-1", NOW)


def user(subject: str, *, email: str | None = None, phone: str | None = None, tenant: Tenant = TENANT) -> UserCaller:
    """A user whose issuer vouches for `email` and `phone`."""
    return UserCaller(tenant, CredentialId(f"user:{subject}"), subject, email, phone, NOW + timedelta(hours=1), 60)


def contact(caller: Caller = SERVICE, **statement: Any) -> Contact:
    """What `caller` says."""
    return read_contact(Statement(**{"source": "chatbot"} | statement), caller, NOW)


def arrive(caller: Caller = SERVICE, **statement: Any) -> tuple[Customer, tuple[Claim, ...]]:
    """A customer whom such a call created, stored once, and the claims that came with it."""
    situation = Situation(contact(caller, **statement), Known({}, {}), frozenset(), CIRCUMSTANCES)
    customer, changes = create(TENANT.id, new_customer_id(), situation)
    return replace(customer, version=1), tuple(replace(claim, version=1) for claim in changes.claims)


def known(*arrivals: tuple[Customer, tuple[Claim, ...]]) -> Known:
    """What the hub knows after the arrivals."""
    claims = {claim.key: claim for _, held in arrivals for claim in held}
    return Known(claims, {customer.id: customer for customer, _ in arrivals})
