"""All that is kept of a person."""

from functools import partial

from customerhub.domain.caller import Caller, Scope, TrustedCaller
from customerhub.domain.export import Export
from customerhub.domain.ids import CustomerId
from customerhub.ports import ExportStore, IdentityStore
from customerhub.services.find_customer import find_customer


def export_customer(
    customer_id: CustomerId, caller: Caller, *, identities: IdentityStore, exports: ExportStore
) -> Export:
    """What is stored with the customer of that id and with all who were merged into it, and what speaks of them
    elsewhere. A user gets the own record only.

    Raises Forbidden without customers:export, and NotFound and Gone as `find_customer` does.
    """
    if isinstance(caller, TrustedCaller):
        caller.require(Scope.CUSTOMERS_EXPORT)
    tenant, customer = caller.tenant, find_customer(customer_id, caller, store=identities)
    keys = [identifier.key for identifier in customer.identifiers]
    claims = identities.read_identity(tenant, keys, None).claims if keys else {}
    return Export(
        customer,
        tuple(claim for claim in claims.values() if claim.owner == customer.id),
        records=partial(exports.records, tenant.id, customer.ids),
        events=partial(exports.events, tenant.id, customer.ids),
        merges=partial(exports.merges, tenant.id, customer.ids),
        conflicts=partial(exports.conflicts, tenant, customer),
        answers=partial(exports.answers, tenant.id, customer.ids),
        jobs=partial(exports.jobs, tenant.id, customer.ids),
    )
