"""What is stored about some identifiers, and about whoever has them."""

from collections.abc import Collection

from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.identity import Known
from customerhub.errors import LostRace
from customerhub.services.shop_turn import ShopTurn


def read_known(keys: Collection[IdentifierKey], turn: ShopTurn) -> Known:
    """The claims of these identifiers, the tombstones among them, and all holders. One read for each hundred
    identifiers, and one for each hundred holders; none for no identifiers. Raises LostRace where a holder is no
    customer any more, and StoreUnavailable."""
    if not keys:
        return Known({}, {})
    reading = turn.club.identities.read_identity(turn.tenant, list(keys), None)
    holders = {holder for claim in reading.claims.values() for holder in claim.holders}
    found = turn.club.identities.get_customers(turn.tenant.id, holders) if holders else {}
    people = {one.id: one for one in found.values() if isinstance(one, Customer)}
    if len(people) != len(holders):
        raise LostRace("a claim's holder is no longer a customer")
    return Known(reading.claims, people, reading.gone)
