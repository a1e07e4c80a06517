"""What a customer adds to the statistics: by what stands in its place alone, so that a recount is exact."""

import json
from datetime import UTC, date

from customerhub.domain.customer import Alias, Customer, Erased, StoredCustomer
from customerhub.domain.statistics import EVERYBODY, Contribution, Figure, Group, Name


def contribution(stored: StoredCustomer) -> Contribution:
    """What is counted of whatever stands in a customer's place."""
    expires_at = stored.expires_at if isinstance(stored, Erased) else None
    return Contribution(stored.id, stored.version, frozenset(_figures(stored)), expires_at)


def _figures(stored: StoredCustomer) -> list[Figure]:
    match stored:
        case Customer():
            sources = json.dumps(sorted(stored.account_sources))
            return [
                Figure(Group.SOURCES, sources, Name.CUSTOMERS),
                Figure(Group.DAYS, _day(stored), Name.CREATED),
                Figure(Group.TOTALS, EVERYBODY, _quality(stored)),
            ]
        case Alias():
            return [
                Figure(Group.DAYS, _day(stored), Name.CREATED),
                Figure(Group.DAYS, _day(stored), Name.MERGED),
            ]
        case Erased():
            return []


def _day(account: Customer | Alias) -> str:
    created_on: date = account.created_at.astimezone(UTC).date()
    return created_on.isoformat()


def _quality(customer: Customer) -> Name:
    return _QUALITIES[customer.email is not None, customer.phone is not None]


_QUALITIES = {
    (True, True): Name.COMPLETE,
    (True, False): Name.EMAIL_ONLY,
    (False, True): Name.PHONE_ONLY,
    (False, False): Name.INCOMPLETE,
}
