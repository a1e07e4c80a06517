"""In which shops a customer has a record, or had one."""

from collections.abc import Sequence

from customerhub.domain.customer import Customer
from customerhub.domain.link import Link, external_key
from customerhub.ports.jobs import LinkStore


def list_shop_records(customer: Customer, *, links: LinkStore) -> Sequence[Link]:
    """The ties to the customer's records, those included that were deleted in the shop, in the order of integrations;
    of each record the last. One round trip, and one more for each customer who was merged in. Raises
    StoreUnavailable."""
    found = {}
    for link in sorted(links.list_links(customer.tenant, customer.ids), key=lambda link: link.written_at):
        entry = customer.carries(external_key(link.integration, link.external_id))
        if link.deleted_at or (entry and entry.owned):
            found[link.integration, link.external_id] = link
    return [found[key] for key in sorted(found)]
