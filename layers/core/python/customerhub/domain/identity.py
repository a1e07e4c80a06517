"""The decision: whom does a call speak of? Pure; everything that it needs has been read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from customerhub.domain.conflict import ConflictKind
from customerhub.domain.contact import Contact
from customerhub.domain.customer import MAX_IDENTIFIERS, Customer
from customerhub.domain.identifier import Claim, Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId
from customerhub.domain.names import names_differ


@dataclass(frozen=True)
class Known:
    """What the hub knows about a call's identifiers: their claims, and every customer who holds one of them."""

    claims: Mapping[IdentifierKey, Claim]
    customers: Mapping[CustomerId, Customer]

    def holders(self, identifier: Identifier) -> tuple[Customer, ...]:
        """Owner and sharers of the identifier, in the order of their ids; empty when nobody claims it."""
        claim = self.claims.get(identifier.key)
        return tuple(self.customers[holder] for holder in sorted(claim.holders)) if claim else ()

    def owner(self, identifier: Identifier) -> Customer | None:
        """The owner of the identifier, if it has one."""
        claim = self.claims.get(identifier.key)
        return self.customers[claim.owner] if claim else None


@dataclass(frozen=True)
class NewPerson:
    """Nobody is meant who is known: create. `displaced` are claims that the call outranks."""

    displaced: frozenset[IdentifierKey] = frozenset()


@dataclass(frozen=True)
class KnownPerson:
    """One customer is meant."""

    customer: Customer
    displaced: frozenset[IdentifierKey] = frozenset()


@dataclass(frozen=True)
class SamePerson:
    """Several customers are meant, and they are to be one."""

    customers: tuple[Customer, ...]
    displaced: frozenset[IdentifierKey] = frozenset()


@dataclass(frozen=True)
class Undecided:
    """A person must decide; nothing may be written but the conflict."""

    kind: ConflictKind
    customers: tuple[Customer, ...]


Decision = NewPerson | KnownPerson | SamePerson | Undecided


def decide(contact: Contact, known: Known) -> Decision:
    """Whom the call speaks of.

    Only identifiers that the caller is believed on lead anywhere; one that was merely typed and belongs to another
    account is never a way in. A phone leads to its owner unless the person behind it is probably somebody else.
    """
    believed = [i for i in contact.identifiers if i.grade > Grade.CLAIMED]
    displaced = _displaced(believed, known)
    leading = [i for i in believed if i.key not in displaced]
    people = _unique(owner for i in leading if i.kind is not Kind.PHONE and (owner := known.owner(i)))
    phone = next((i for i in leading if i.kind is Kind.PHONE), None)
    if phone is not None and (holders := known.holders(phone)):
        by_phone = _behind_phone(contact, people, holders)
        if isinstance(by_phone, Undecided):
            return by_phone
        people = _unique([*people, *by_phone])
    if typed := _belonging_to_others(contact, known, people):
        return Undecided(ConflictKind.UNPROVEN, typed)
    return _settle(contact, people, displaced)


def _settle(contact: Contact, people: tuple[Customer, ...], displaced: frozenset[IdentifierKey]) -> Decision:
    if not people:
        return NewPerson(displaced)
    if _contradict(contact, people):
        return Undecided(ConflictKind.CONTRADICTION, people)
    if len(people) == 1:
        return KnownPerson(people[0], displaced)
    if not contact.may_merge:
        return Undecided(ConflictKind.SEVERAL_ACCOUNTS, people)
    return SamePerson(people, displaced)


def _contradict(contact: Contact, people: tuple[Customer, ...]) -> bool:
    """Whether the customers and the call cannot be one person: two auth users, or, where a merge would be needed,
    more identifiers than one customer may have."""
    keys = {i.key for customer in people for i in customer.identifiers} | {i.key for i in contact.identifiers}
    too_many = len(people) > 1 and len(keys) > MAX_IDENTIFIERS
    return too_many or sum(key.kind is Kind.AUTH for key in keys) > 1


def _displaced(believed: list[Identifier], known: Known) -> frozenset[IdentifierKey]:
    """Claims that were merely typed, of accounts that the call does not otherwise speak of.

    They give way, or anybody could sit on a stranger's address and wait for the stranger's data to arrive.
    """
    claims = [claim for i in believed if (claim := known.claims.get(i.key))]
    meant = {claim.owner for claim in claims if claim.grade > Grade.CLAIMED}
    return frozenset(c.key for c in claims if c.grade is Grade.CLAIMED and c.owner not in meant)


def _behind_phone(
    contact: Contact, people: tuple[Customer, ...], holders: tuple[Customer, ...]
) -> tuple[Customer, ...] | Undecided:
    """Which of the phone's holders are meant, beside `people`, whom stronger identifiers found."""
    if contact.same_person is False or any(holder in people for holder in holders):
        return ()
    if len(holders) > 1:
        namesakes = tuple(holder for holder in holders if _has_same_name(contact, people, holder))
        return namesakes if len(namesakes) == 1 else Undecided(ConflictKind.WHICH_PERSON, _unique([*people, *holders]))
    if contact.same_person or not _is_somebody_else(contact, people, holders[0]):
        return holders
    return Undecided(ConflictKind.SHARED_PHONE, _unique([*people, *holders]))


def _is_somebody_else(contact: Contact, people: tuple[Customer, ...], holder: Customer) -> bool:
    """Another first name and another e-mail: two people who share a phone, as far as one can tell."""
    stated = contact.identifier(Kind.EMAIL)
    emails = {stated.key} if stated else _emails(people)
    known = _emails([holder])
    has_other_email = bool(emails and known) and emails.isdisjoint(known)
    return has_other_email and names_differ(_name(contact, people), holder.first_name)


def _has_same_name(contact: Contact, people: tuple[Customer, ...], holder: Customer) -> bool:
    name = _name(contact, people)
    return bool(name and holder.first_name) and not names_differ(name, holder.first_name)


def _name(contact: Contact, people: tuple[Customer, ...]) -> str | None:
    return contact.first_name or next((person.first_name for person in people if person.first_name), None)


def _emails(people: Iterable[Customer]) -> set[IdentifierKey]:
    return {i.key for person in people for i in person.identifiers if i.kind is Kind.EMAIL}


def _belonging_to_others(contact: Contact, known: Known, people: tuple[Customer, ...]) -> tuple[Customer, ...]:
    """Accounts of others that the caller named by identifiers which the caller does not prove."""
    typed = [i for i in contact.identifiers if i.grade is Grade.CLAIMED]
    foreign = [i for i in typed if not any(holder in people for holder in known.holders(i))]
    return _unique(owner for i in foreign if (owner := known.owner(i)))


def _unique(people: Iterable[Customer]) -> tuple[Customer, ...]:
    return tuple({person.id: person for person in people}.values())
