"""What a customer holds together with others."""

from customerhub.domain.customer import Customer
from customerhub.domain.departure import Estate
from customerhub.domain.tenant import Tenant
from customerhub.errors import LostRace
from customerhub.ports import IdentityStore


def read_estate(customer: Customer, tenant: Tenant, *, store: IdentityStore) -> Estate:
    """The customer with the claims of all that it carries and those who share these. Two round trips, one where nobody
    does. Raises LostRace where somebody who shares is no longer a customer."""
    keys = [identifier.key for identifier in customer.identifiers]
    claims = store.read_identity(tenant, keys, None).claims if keys else {}
    others = {holder for claim in claims.values() for holder in claim.holders} - {customer.id}
    found = store.get_customers(tenant.id, others) if others else {}
    relatives = {other.id: other for other in found.values() if isinstance(other, Customer)}
    if len(relatives) < len(others):
        raise LostRace("somebody who shares an identifier is no longer a customer")
    return Estate(customer, claims, relatives)
