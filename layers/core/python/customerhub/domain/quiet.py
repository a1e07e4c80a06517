"""Customers who were quiet for long: what of them is kept for nobody. Pure."""

from datetime import timedelta

from customerhub.domain.customer import Customer
from customerhub.domain.email import is_placeholder_email
from customerhub.domain.identifier import Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.phone import PhoneQuality, parse_phone
from customerhub.domain.tenant import Tenant
from customerhub.errors import InvalidInput

QUIET = timedelta(days=30)
"""So long nothing was said of a customer who is looked at."""


def placeholders(customer: Customer, tenant: Tenant) -> frozenset[IdentifierKey]:
    """What the customer carries that identifies nobody, by the rules and the tenant's patterns of today."""
    return frozenset(i.key for i in customer.identifiers if _is_placeholder(i, tenant))


def is_temporary(customer: Customer, tenant: Tenant) -> bool:
    """Whether all that is known of the customer is what somebody typed. Records, which are not looked at here, make
    anybody a customer to keep. Who has no identifier left had one that was released."""
    vague, entries = placeholders(customer, tenant), customer.identifiers
    is_vague = bool(entries) and all(i.grade is Grade.CLAIMED or i.key in vague for i in entries)
    return customer.membership is None and is_vague


def _is_placeholder(identifier: Identifier, tenant: Tenant) -> bool:
    if identifier.kind is Kind.EMAIL:
        return is_placeholder_email(identifier.value, tenant.placeholder_emails)
    return identifier.kind is Kind.PHONE and _is_junk(identifier, tenant)


def _is_junk(identifier: Identifier, tenant: Tenant) -> bool:
    try:
        return parse_phone(identifier.shown, region=tenant.region).quality is PhoneQuality.JUNK
    except InvalidInput:
        return False
