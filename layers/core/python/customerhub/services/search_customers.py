"""Customers by whatever somebody types: an identifier in any spelling, an id, the beginning of a name."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.customer import Customer
from customerhub.domain.ids import CustomerId
from customerhub.domain.page import Page
from customerhub.domain.search import SearchTerm, read_term
from customerhub.ports import CustomerDirectory, IdentityStore
from customerhub.services.follow_aliases import follow_aliases


def search_customers(
    text: str, caller: Caller, after: str | None, limit: int, *, identities: IdentityStore, directory: CustomerDirectory
) -> Page[Customer]:
    """A page of the customers whom `text` finds, each once: those who hold it as an identifier, the owner first; then
    those who merely carry it; then those whose name begins with it, in the order of the names.

    A holder is found from the moment of the write, the others a moment later. Nobody is found by what cannot be read.
    Raises InvalidInput for a text that is too long, Forbidden without customers:read.
    """
    caller.require(Scope.CUSTOMERS_READ)
    return _Search(read_term(text, caller.tenant), caller, identities, directory).page(after, limit)


@dataclass(frozen=True)
class _Search:
    term: SearchTerm
    caller: Caller
    identities: IdentityStore
    directory: CustomerDirectory

    def page(self, after: str | None, limit: int) -> Page[Customer]:
        """Sections one after the other; a position is the number of the section and the position in it."""
        sections = (self._holders, self._carriers, self._namesakes)
        first, within = (int(after[0]), after[1:] or None) if after else (0, None)
        found: list[Customer] = []
        for number in range(first, len(sections)):
            if len(found) == limit:
                return Page(tuple(found), str(number))
            page = sections[number](within, limit - len(found))
            found += page.items
            if page.after:
                return Page(tuple(found), f"{number}{page.after}")
            within = None
        return Page(tuple(found))

    def _holders(self, after: str | None, limit: int) -> Page[Customer]:
        places = [place for place in self._holder_places if place > (after or "")]
        ids = [CustomerId(place[1:]) for place in places[:limit]]
        return Page(self._live(ids), places[limit - 1] if len(places) > limit else None)

    def _carriers(self, after: str | None, limit: int) -> Page[Customer]:
        contact, holders = self.term.contact, {CustomerId(place[1:]) for place in self._holder_places}
        if contact is None:
            return Page()
        return self.directory.by_contact(self.caller.tenant.id, contact, holders, after, limit)

    def _namesakes(self, after: str | None, limit: int) -> Page[Customer]:
        if not self.term.name:
            return Page()
        page = self.directory.by_name(self.caller.tenant.id, self.term.name, after, limit)
        return replace(page, items=tuple(customer for customer in page.items if not self._is_shown_above(customer)))

    @cached_property
    def _holder_places(self) -> list[str]:
        """The customer of that id and the owners, then the sharers, each by id."""
        claims = self.identities.read_identity(self.caller.tenant, self.term.identifiers, None).claims.values()
        first = {*self._by_id(), *(claim.owner for claim in claims)}
        sharers = {sharer for claim in claims for sharer in claim.sharers} - first
        return sorted([*(f"0{customer}" for customer in first), *(f"1{customer}" for customer in sharers)])

    def _by_id(self) -> Iterable[CustomerId]:
        if self.term.customer is None:
            return ()
        found = follow_aliases(self.term.customer, self.caller.tenant.id, store=self.identities)
        return (found.id,) if isinstance(found, Customer) else ()

    def _live(self, ids: Collection[CustomerId]) -> tuple[Customer, ...]:
        """In order; whoever was merged since the claims were read is found by the next search."""
        found = self.identities.get_customers(self.caller.tenant.id, ids) if ids else {}
        return tuple(customer for i in ids if isinstance(customer := found.get(i), Customer))

    def _is_shown_above(self, customer: Customer) -> bool:
        return any(customer.carries(identifier) for identifier in self.term.identifiers)
