"""The person other than the one customer of a conflict: who called, and was nobody yet. Pure."""

from dataclasses import dataclass

from customerhub.domain.changes import Changes, Situation, create, update
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.identifier import Grade, Identifier, IdentifierKey
from customerhub.domain.identity import Known
from customerhub.domain.ids import CustomerId


@dataclass(frozen=True)
class OtherPerson:
    """Who made the call of a conflict whose one customer is `first`. `known` is what the hub knows of the call's
    identifiers now; those that others merely typed give way."""

    first: Customer
    contact: Contact
    known: Known
    circumstances: Circumstances

    def known_as(self) -> Customer | None:
        """The customer to whom the strongest of the call's other identifiers leads, if one does."""
        found = (self.known.owner(i) for i in self._others() if i.grade > Grade.CLAIMED and not self._gives_way(i))
        return next((owner for owner in found if owner), None)

    def come_into_being(self, customer_id: CustomerId) -> tuple[Customer, Changes]:
        """A new customer, who neither owns nor shares what leads to the first one."""
        return create(self.first.tenant, customer_id, self._situation(self._free()))

    def as_the_first(self) -> tuple[Customer, Changes]:
        """The first customer with what the call says: it was the same person."""
        held = frozenset(i.key for i in self.contact.identifiers if self.first in self.known.holders(i))
        return update(self.first, self._situation(self._free() | held))

    def _situation(self, keys: frozenset[IdentifierKey]) -> Situation:
        displaced = frozenset(i.key for i in self._others() if self._gives_way(i))
        contact = self.contact.without(frozenset(self.contact.keys) - keys)
        return Situation(contact, self.known, displaced, self.circumstances)

    def _others(self) -> list[Identifier]:
        """What leads to the first customer is not the other person's."""
        return [
            i
            for i in self.contact.identifiers
            if not self.first.carries(i.key) and self.first not in self.known.holders(i)
        ]

    def _free(self) -> frozenset[IdentifierKey]:
        return frozenset(i.key for i in self._others() if self._gives_way(i) or self._is_free(i))

    def _is_free(self, identifier: Identifier) -> bool:
        """An erased person's identifier is, for who proves it."""
        is_gone = identifier.key in self.known.gone and identifier.grade < Grade.VERIFIED
        return identifier.key not in self.known.claims and not is_gone

    def _gives_way(self, identifier: Identifier) -> bool:
        claim = self.known.claims.get(identifier.key)
        return claim is not None and claim.grade is Grade.CLAIMED < identifier.grade
