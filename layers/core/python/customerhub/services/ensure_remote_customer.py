"""Find a customer's record in a shop or CRM, and make it where there is none."""

from collections.abc import Iterable
from dataclasses import dataclass

from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId
from customerhub.domain.integration import Integration
from customerhub.domain.link import Link, external_entry, external_id_of, external_key, tie
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer
from customerhub.domain.remote_identity import read_record, seen_after_writing
from customerhub.domain.telling import fingerprint, to_tell
from customerhub.errors import LostRace, Parked, PartnerRefused, PartnerUnavailable
from customerhub.ports import IdentityReading
from customerhub.ports.connector import Connector
from customerhub.services.attempts import attempts
from customerhub.services.job_parts import JobParts, Turn
from customerhub.services.live_customers import live_customers

DELETED = "deleted_in_crm"
NO_EMAIL = "no_email"


@dataclass(frozen=True)
class RemoteState:
    """The customer's record as just read, and what it was told last. `link` is what is kept of it so far."""

    remote: RemoteCustomer
    fingerprint: str
    link: Link | None


def ensure_remote_customer(
    customer: Customer,
    integration: Integration,
    link: Link | None,
    connector: Connector,
    turn: Turn,
    *,
    is_member: bool,
    parts: JobParts,
) -> RemoteState | None:
    """The customer's record, told what the hub knows unless it was told exactly that before. None where there is none
    and none can be made for lack of an e-mail, and the customer needs none, being no member.

    A record that is known is found by its id, whatever has become of its e-mail. One that was deleted is made anew; so
    is one that never was, unless the platform has a record with an e-mail of the customer's: then that is the
    customer's. It is tied to the customer before anything is told or granted there, so that nothing is left on a record
    that is nobody's. Raises Parked where the record is another customer's, was deleted and is refused, or cannot be
    made for a member for lack of an e-mail, LostRace where the customer has changed meanwhile, and whatever the
    connector raises.
    """
    return _Ensuring(customer, integration, link, connector, turn, is_member, parts).run()


def require_own_record(
    key: IdentifierKey, reading: IdentityReading, customer: Customer, turn: Turn, *, parts: JobParts
) -> None:
    """Raise Parked where the record of that key is another customer's, which is recorded as a conflict, or was an
    erased person's."""
    if key in reading.gone:
        raise Parked("the record was that of somebody who was erased", reason="crm_record_of_erased_person")
    claim = reading.claims.get(key)
    if claim is None or claim.owner == customer.id:
        return
    attempts(parts.clock, lambda: _record_conflict(key, claim.owner, customer.id, turn, parts))
    raise Parked("the record is another customer's", reason="crm_record_of_another_customer")


def _record_conflict(key: IdentifierKey, owner: CustomerId, customer: CustomerId, turn: Turn, parts: JobParts) -> None:
    """They may well be one person: staff decide."""
    live = live_customers([owner, customer], turn.tenant.id, store=parts.identities)
    parties = tuple({one.id: one for one in live.values()}.values())
    if len(parties) < 2:
        return
    circumstances = turn.circumstances(key.value.partition(":")[0])
    conflict = Conflict(turn.tenant.id, ConflictKind.SEVERAL_ACCOUNTS, parties, (key,), circumstances)
    parts.identities.record_conflict(turn.tenant, conflict)


@dataclass(frozen=True)
class _Ensuring:
    customer: Customer
    integration: Integration
    link: Link | None
    connector: Connector
    turn: Turn
    is_member: bool
    parts: JobParts

    def run(self) -> RemoteState | None:
        """By the known id first."""
        entry = external_entry(self.customer, self.integration.id)
        if entry is None or not entry.owned:
            return self._by_email(deleted=False)
        self.turn.require()
        known = external_id_of(entry)
        remote = self.connector.get_customer(known)
        if remote is None:
            return self._by_email(deleted=True)
        # A shop that has merged two of its records answers with the one that is left, which may be anybody's.
        link = self.link if remote.id == known else self._tied(remote, "", "")
        return self._told(remote, link) or self._by_email(deleted=True)

    def _by_email(self, *, deleted: bool) -> RemoteState | None:
        """Of a record that was `deleted`, whatever goes wrong is for a person."""
        person = self._person(None)
        if person is None:
            if self.is_member:
                raise Parked("without an e-mail no record can be made", reason=DELETED if deleted else NO_EMAIL)
            return None
        for address in self._addresses(person):
            self.turn.require()
            found = self.connector.find_customer_by_email(address)
            if found and (address == person.email or self._is_free(found)):
                return self._told(found, self._tied(found, "", address)) or self._vanished()
        return self._made(person, deleted=deleted)

    def _addresses(self, person: OutgoingCustomer) -> Iterable[str]:
        """The one to be told comes first. By another one the record was made, if the address has changed since, or the
        customer was two."""
        own = (i.shown for i in self.customer.identifiers if i.kind is Kind.EMAIL and i.owned)
        return dict.fromkeys((person.email, *own))

    def _is_free(self, remote: RemoteCustomer) -> bool:
        key = external_key(self.integration.id, remote.id)
        reading = self.parts.identities.read_identity(self.turn.tenant, [key], None)
        claim = reading.claims.get(key)
        return key not in reading.gone and (claim is None or claim.owner == self.customer.id)

    def _made(self, person: OutgoingCustomer, *, deleted: bool) -> RemoteState:
        self.turn.require()
        try:
            remote = self.connector.upsert_customer(person)
        except PartnerRefused as error:
            if deleted:
                raise Parked(f"the deleted record cannot be made anew: {error.message}", reason=DELETED) from error
            raise
        told = fingerprint(person, self.turn.tenant)
        return RemoteState(remote, told, self._tied(remote, told, person.email))

    def _told(self, remote: RemoteCustomer, link: Link | None) -> RemoteState | None:
        """The record after it was told what it was not told yet; None where it was deleted meanwhile."""
        link = link if link and link.external_id == remote.id else None
        person = self._person(remote)
        if person is None:
            return RemoteState(remote, link.fingerprint if link else "", link)
        told = fingerprint(person, self.turn.tenant)
        if link and link.fingerprint == told:
            return RemoteState(remote, told, link)
        self.turn.require()
        updated = self.connector.update_customer(remote.id, person)
        if updated and updated.id != remote.id:
            raise PartnerUnavailable("another record than the one meant was answered with", retry_after_s=1)
        return RemoteState(updated, told, link) if updated else None

    def _person(self, remote: RemoteCustomer | None) -> OutgoingCustomer | None:
        email = remote.emails[0] if remote and remote.emails else None
        return to_tell(self.customer, self.turn.job.overrides, email)

    def _tied(self, remote: RemoteCustomer, told: str, address: str) -> Link:
        """The link of a record that was found or made just now, once it is kept."""
        try:
            return self._tie(self.customer, remote, told, address)
        except LostRace:
            # All is read again; but the address by which this record is found may be gone by then.
            attempts(self.parts.clock, lambda: self._tie_anew(remote, told, address))
            raise

    def _tie_anew(self, remote: RemoteCustomer, told: str, address: str) -> None:
        """The same for the customer as it is by now, if it has no other record."""
        found = self.parts.identities.get_customers(self.turn.tenant.id, [self.customer.id]).get(self.customer.id)
        if not isinstance(found, Customer):
            return
        entry = external_entry(found, self.integration.id)
        if entry is None or self.customer.carries(entry.key):
            self._tie(found, remote, told, address)

    def _tie(self, customer: Customer, remote: RemoteCustomer, told: str, address: str) -> Link:
        key, entry = external_key(self.integration.id, remote.id), external_entry(customer, self.integration.id)
        keys = dict.fromkeys([key, *([entry.key] if entry else [])])
        reading = self.parts.identities.read_identity(self.turn.tenant, list(keys), None)
        require_own_record(key, reading, customer, self.turn, parts=self.parts)
        now, circumstances = self.parts.clock.now(), self.turn.circumstances(self.integration.id)
        read = read_record(remote, None, self.turn.tenant, self.integration.id, now)
        seen, changed_at = seen_after_writing(customer, None, read)
        link = Link(customer.id, self.integration.id, remote.id, told, now, changed_at, seen)
        changes = tie(customer, link, address, reading.claims, circumstances)
        self.parts.identities.write(self.turn.tenant, changes, None)
        return link

    def _vanished(self) -> RemoteState:
        raise PartnerUnavailable("the record was deleted while it was read", retry_after_s=1)
