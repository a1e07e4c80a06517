"""Merging by a person's decision, which no call's words come with. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from customerhub.domain.changes import Changes, Claims, Situation, merge
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.identity import Known


def join(
    survivor: Customer, absorbed: Sequence[Customer], claims: Claims, circumstances: Circumstances
) -> tuple[Customer, Changes]:
    """The customers as one, under the survivor's id. `claims` are those of all that they carry. `blocks` must have
    found nothing."""
    nothing_said = Contact(circumstances.source, None, identifiers=())
    return merge((survivor, *absorbed), claims, Situation(nothing_said, Known({}, {}), frozenset(), circumstances))


def forgetting_apart(customers: Sequence[Customer]) -> tuple[Customer, ...]:
    """The customers without the mark that keeps them apart from one another."""
    ids = frozenset(customer_id for customer in customers for customer_id in customer.ids)
    return tuple(replace(customer, kept_apart=customer.kept_apart - ids) for customer in customers)
