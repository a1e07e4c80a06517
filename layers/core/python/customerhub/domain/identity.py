"""The decision: whom does a call speak of? Pure; everything that it needs has been read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from customerhub.domain.blocks import ONE_EACH, blocks
from customerhub.domain.conflict import ConflictKind
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer
from customerhub.domain.identifier import Claim, Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId
from customerhub.domain.names import names_agree, names_differ
from customerhub.errors import Gone, InvalidInput


@dataclass(frozen=True)
class Known:
    """What the hub knows about a call's identifiers: their claims, every customer who holds one of them, and which of
    them are tombstones of the erased, with the tombstone's version."""

    claims: Mapping[IdentifierKey, Claim]
    customers: Mapping[CustomerId, Customer]
    gone: Mapping[IdentifierKey, int] = field(default_factory=dict)

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
    """Nobody is meant who is known: create. `displaced` are claims that the call outranks; `ignored` are identifiers
    of the call that lead elsewhere and that nobody asked about."""

    displaced: frozenset[IdentifierKey] = frozenset()
    ignored: frozenset[IdentifierKey] = frozenset()


@dataclass(frozen=True)
class KnownPerson:
    """One customer is meant."""

    customer: Customer
    displaced: frozenset[IdentifierKey] = frozenset()
    ignored: frozenset[IdentifierKey] = frozenset()


@dataclass(frozen=True)
class SamePerson:
    """Several customers are meant, and they are to be one."""

    customers: tuple[Customer, ...]
    displaced: frozenset[IdentifierKey] = frozenset()
    ignored: frozenset[IdentifierKey] = frozenset()


@dataclass(frozen=True)
class Undecided:
    """A person must decide; nothing may be written but the conflict."""

    kind: ConflictKind
    customers: tuple[Customer, ...]


Decision = NewPerson | KnownPerson | SamePerson | Undecided


def decide(contact: Contact, known: Known) -> Decision:
    """Whom the call speaks of.

    Only identifiers that the caller is believed on lead anywhere; one that was merely typed and belongs to another
    account is never a way in. A phone leads to its owner unless the person behind it is probably somebody else. What
    a user's token brought unasked keeps nobody from an account of the own. An erased person comes back only by proof:
    what is not proven and leads to one is ignored, and creates nobody. Of customers whom staff keep apart, the one is
    meant to whom the strongest identifier leads; the identifiers of the others are ignored.
    Raises InvalidInput for a second person behind a phone whom nothing else tells apart, and Gone.
    """
    erased = of_the_erased(contact, known)
    left_out = erased | _of_others_kept_apart(contact, known)
    if not left_out:
        return _decide_all(contact, known)
    rest = contact.without(left_out)
    decision = _decide_all(rest, known) if rest.identifiers else NewPerson()
    if erased and isinstance(decision, NewPerson) and not any(i.grade is Grade.VERIFIED for i in rest.identifiers):
        raise Gone("this person was erased, and can only come back by a proof of the own")
    return decision if isinstance(decision, Undecided) else replace(decision, ignored=decision.ignored | left_out)


def of_the_erased(contact: Contact, known: Known) -> frozenset[IdentifierKey]:
    """What the call names of an erased person without proof: it leads nowhere, and is written nowhere."""
    return frozenset(i.key for i in contact.identifiers if i.key in known.gone and i.grade < Grade.VERIFIED)


def _of_others_kept_apart(contact: Contact, known: Known) -> frozenset[IdentifierKey]:
    """Believed identifiers, from the second strongest on, that lead to nobody but those who are kept apart from
    somebody to whom a stronger one leads."""
    meant: list[Customer] = []
    left_out: set[IdentifierKey] = set()
    for identifier in contact.identifiers:
        found = _led_to(identifier, contact, meant, known) if identifier.grade > Grade.CLAIMED else ()
        if found and all(any(one.is_kept_apart_from(m) for m in meant) for one in found):
            left_out.add(identifier.key)
        elif owner := known.owner(identifier):
            meant.append(owner)
    return frozenset(left_out)


def _led_to(identifier: Identifier, contact: Contact, meant: list[Customer], known: Known) -> tuple[Customer, ...]:
    """The identifier's holders; where several share a phone, and none of them is meant, the one who is named."""
    holders, owner = known.holders(identifier), known.owner(identifier)
    if len(holders) < 2 or any(holder in meant for holder in holders):
        return holders
    if contact.same_person and owner:
        return (owner,)
    namesakes = () if contact.by_user else _namesakes(_name(contact, tuple(meant)), holders)
    return namesakes if len(namesakes) == 1 else holders


def _decide_all(contact: Contact, known: Known) -> Decision:
    decision = _decide(contact, known)
    if isinstance(decision, Undecided) and not contact.merge_if_found:
        phone = frozenset(key for key in contact.unstated if key.kind is Kind.PHONE)
        return _ignoring(phone, contact, known) or _ignoring(contact.unstated, contact, known) or decision
    return decision


def _ignoring(keys: frozenset[IdentifierKey], contact: Contact, known: Known) -> NewPerson | KnownPerson | None:
    """The decision without identifiers that nobody asked about, where there is one.

    The phone can go, since nothing leads through it then. The e-mail also tells a user from others: without it only
    the account that is linked with the user counts.
    """
    decision = _decide(contact.without(keys), known) if keys else None
    if not isinstance(decision, NewPerson | KnownPerson):
        return None
    user = contact.identifier(Kind.AUTH)
    is_linked = isinstance(decision, KnownPerson) and user is not None and decision.customer.carries(user.key)
    is_safe = is_linked or all(key.kind is Kind.PHONE for key in keys)
    return replace(decision, ignored=keys) if is_safe else None


def _decide(contact: Contact, known: Known) -> Decision:
    believed = [i for i in contact.identifiers if i.grade > Grade.CLAIMED]
    typed_in = _typed_in(believed, known)
    leading = [i for i in believed if i.key not in typed_in]
    people = _unique(owner for i in leading if i.kind is not Kind.PHONE and (owner := known.owner(i)))
    phone = next((i for i in leading if i.kind is Kind.PHONE), None)
    if phone is not None and (holders := known.holders(phone)):
        by_phone = _behind_phone(contact, people, holders, known.owner(phone))
        if isinstance(by_phone, Undecided):
            return by_phone
        people = _unique([*people, *by_phone])
    if others := _belonging_to_others(contact, known, people):
        return Undecided(ConflictKind.UNPROVEN, others)
    return _settle(contact, people, _displaced(typed_in, known, people))


def _settle(contact: Contact, people: tuple[Customer, ...], displaced: frozenset[IdentifierKey]) -> Decision:
    if not people:
        return NewPerson(displaced)
    if _contradict(contact, people):
        return Undecided(ConflictKind.CONTRADICTION, people)
    if len(people) == 1:
        return KnownPerson(people[0], displaced)
    if not contact.merge_if_found:
        return Undecided(ConflictKind.SEVERAL_ACCOUNTS, people)
    return SamePerson(people, displaced)


def _contradict(contact: Contact, people: tuple[Customer, ...]) -> bool:
    """Whether the customers and the call cannot be one."""
    found = blocks(people, contact.keys)
    return any(len(people) > 1 or block.code in ONE_EACH for block in found)


def _typed_in(believed: list[Identifier], known: Known) -> frozenset[IdentifierKey]:
    """Claims that were merely typed, of accounts to which no better claim of the call leads."""
    claims = [claim for i in believed if (claim := known.claims.get(i.key))]
    meant = {claim.owner for claim in claims if claim.grade > Grade.CLAIMED}
    return frozenset(c.key for c in claims if c.grade is Grade.CLAIMED and c.owner not in meant)


def _displaced(
    typed_in: frozenset[IdentifierKey], known: Known, people: tuple[Customer, ...]
) -> frozenset[IdentifierKey]:
    """Of the claims that were merely typed, those of accounts that are not meant.

    They give way, or anybody could sit on a stranger's address and wait for the stranger's data to arrive.
    """
    meant = {person.id for person in people}
    return frozenset(key for key in typed_in if known.claims[key].owner not in meant)


def _behind_phone(
    contact: Contact, people: tuple[Customer, ...], holders: tuple[Customer, ...], owner: Customer | None
) -> tuple[Customer, ...] | Undecided:
    """Which of the phone's holders are meant, beside `people`, whom stronger identifiers found."""
    if any(holder in people for holder in holders):
        return ()
    if contact.same_person is False:
        return _second_person(contact, tuple(h for h in holders if h != owner or not _emails([h])))
    if contact.same_person and owner:
        return (owner,)
    if len(holders) > 1:
        # A user's name is the user's own word: it must not choose whose account to enter.
        namesakes = () if contact.by_user else _namesakes(_name(contact, people), holders)
        return namesakes if len(namesakes) == 1 else Undecided(ConflictKind.WHICH_PERSON, _unique([*people, *holders]))
    if not _is_somebody_else(contact, people, holders[0]):
        return holders
    return Undecided(ConflictKind.SHARED_PHONE, _unique([*people, *holders]))


def _second_person(contact: Contact, others: tuple[Customer, ...]) -> tuple[Customer, ...]:
    """Of a caller who says to be somebody else than the owner: nobody known, where another identifier tells them
    apart; else the one of that name among the others, so that a repeated call finds whom the first one brought."""
    if len(contact.identifiers) > 1:
        return ()
    namesakes = _namesakes(contact.first_name, others)
    if len(namesakes) != 1:
        raise InvalidInput(
            "to tell a second person behind a phone apart, an e-mail or an auth user is needed",
            code="identifier_required",
            field="email",
        )
    return namesakes


def _namesakes(name: str | None, holders: tuple[Customer, ...]) -> tuple[Customer, ...]:
    return tuple(holder for holder in holders if names_agree(name, holder.first_name))


def _is_somebody_else(contact: Contact, people: tuple[Customer, ...], holder: Customer) -> bool:
    """Another first name and another e-mail: two people who share a phone, as far as one can tell.

    A user's own words only ever add to a difference: any e-mail that the holder does not have is enough, the one that
    the token proves above all, and the name is not asked.
    """
    known, stated = _emails([holder]), contact.identifier(Kind.EMAIL)
    if contact.by_user:
        emails = {key for key in (stated and stated.key, contact.vouched_email) if key} | _emails(people)
        return bool(emails and known) and not emails <= known
    emails = {stated.key} if stated else _emails(people)
    has_other_email = bool(emails and known) and emails.isdisjoint(known)
    return has_other_email and names_differ(_name(contact, people), holder.first_name)


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
