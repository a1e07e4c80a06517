"""What shops and CRMs are told of a customer. Pure."""

from collections.abc import Mapping

from customerhub.domain.customer import Customer
from customerhub.domain.identifier import Kind
from customerhub.domain.remote import OutgoingCustomer
from customerhub.domain.tenant import Tenant

OVERRIDABLE = ("email", "firstName", "lastName", "phone")
"""What staff may set for a job in place of the customer's own; null: it is not told."""


def to_tell(
    customer: Customer, overrides: Mapping[str, str | None], email: str | None = None
) -> OutgoingCustomer | None:
    """The customer as a platform is to know it; None without an e-mail. `email` is what the platform's record has,
    where the customer has none. A phone or an address that is another's, and that the customer merely carries, is not
    told: the platform would take one person for the other."""
    own: dict[str, str | None] = {
        "email": _owned(customer, Kind.EMAIL),
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "phone": _owned(customer, Kind.PHONE),
    }
    values = own | {name: value for name, value in overrides.items() if name in OVERRIDABLE}
    address = values["email"] or email
    return OutgoingCustomer(address, values["firstName"], values["lastName"], values["phone"]) if address else None


def fingerprint(person: OutgoingCustomer, tenant: Tenant) -> str:
    """What stands for these words, and tells nobody what they were."""
    parts = (person.email, person.first_name, person.last_name, person.phone)
    return tenant.keyed_hash("told", *(part or "" for part in parts))


def _owned(customer: Customer, kind: Kind) -> str | None:
    entries = (entry for entry in customer.identifiers if entry.kind is kind and entry.owned)
    return next((entry.shown for entry in entries), None)
