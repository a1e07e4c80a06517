"""A shop is forgotten: what came from it leaves the customers, or takes them along. Pure."""

from collections.abc import Collection

from customerhub.domain.customer import Customer
from customerhub.domain.identifier import Grade, IdentifierKey, Kind
from customerhub.domain.ids import IntegrationId
from customerhub.domain.link import deleted_source
from customerhub.domain.records import Record, RecordKind


def is_of_shop(record: Record, integration: IntegrationId) -> bool:
    """Whether a record is the shop's: the link to it, or an order placed there."""
    if record.kind is RecordKind.LINK:
        return record.id == integration
    return record.kind is RecordKind.ORDER and record.content.get("source") == integration


def is_anothers(record: Record, integration: IntegrationId) -> bool:
    """Whether a record says that the person is known by another way than that shop: anything that is not the shop's
    but a membership that orders have earned."""
    if record.kind is RecordKind.ENROLLMENT:
        return record.content.get("how") != "order"
    return not is_of_shop(record, integration)


def came_from(customer: Customer, integration: IntegrationId) -> bool:
    """Whether the profile knows of no other way by which the person came."""
    sources = {customer.created_via, *customer.account_sources, *(entry.source for entry in customer.identifiers)}
    return sources <= _sources(integration)


def keys_of_shop(
    customer: Customer, integration: IntegrationId, others: Collection[Record]
) -> frozenset[IdentifierKey]:
    """The identifiers that leave a customer who stays; `others` are the records that are not the shop's.

    That is the shop's own id always. What the shop alone has said goes too, unless the person is a member, who must be
    reached, or has proven it, or is known to another shop, which may have said the same.
    """
    own = {entry.key for entry in customer.identifiers if _is_id_of(entry.key, integration)}
    if customer.membership or any(other.kind is RecordKind.LINK for other in others):
        return frozenset(own)
    said = (e for e in customer.identifiers if e.source in _sources(integration) and e.grade < Grade.VERIFIED)
    return frozenset({*own, *(entry.key for entry in said)})


def _sources(integration: IntegrationId) -> frozenset[str]:
    """Of what a shop has said, also by a record that it has deleted since."""
    return frozenset({integration, deleted_source(integration)})


def _is_id_of(key: IdentifierKey, integration: IntegrationId) -> bool:
    return key.kind is Kind.EXTERNAL and key.value.partition(":")[0] == integration
