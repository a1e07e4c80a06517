"""Find a customer's record in a shop or CRM, and make it where there is none."""

from dataclasses import dataclass

from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CustomerId
from customerhub.domain.integration import Integration
from customerhub.domain.link import Link, external_entry, external_id_of, external_key
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer
from customerhub.domain.telling import fingerprint, to_tell
from customerhub.errors import Parked, PartnerRefused, PartnerUnavailable
from customerhub.ports import IdentityReading
from customerhub.ports.connector import Connector
from customerhub.services.attempts import attempts
from customerhub.services.job_parts import JobParts, Turn
from customerhub.services.live_customers import live_customers

DELETED = "deleted_in_crm"
NO_EMAIL = "no_email"


@dataclass(frozen=True)
class RemoteState:
    """The customer's record as just read, and what it was told last. `link` is what was known of it before."""

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
    is one that never was, unless the platform has a record with that e-mail: then that is the customer's. Raises Parked
    where the record is another customer's, was deleted and is refused, or cannot be made for a member for lack of an
    e-mail, and whatever the connector raises.
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
        remote = self.connector.get_customer(external_id_of(entry))
        state = self._told(remote) if remote else None
        return state or self._by_email(deleted=True)

    def _by_email(self, *, deleted: bool) -> RemoteState | None:
        """Of a record that was `deleted`, whatever goes wrong is for a person."""
        person = self._person(None)
        if person is None:
            if self.is_member:
                raise Parked("without an e-mail no record can be made", reason=DELETED if deleted else NO_EMAIL)
            return None
        self.turn.require()
        found = self.connector.find_customer_by_email(person.email)
        if found:
            self._require_own(found)
            return self._told(found) or self._vanished()
        return self._made(person, deleted=deleted)

    def _made(self, person: OutgoingCustomer, *, deleted: bool) -> RemoteState:
        self.turn.require()
        try:
            remote = self.connector.upsert_customer(person)
        except PartnerRefused as error:
            if deleted:
                raise Parked(f"the deleted record cannot be made anew: {error.message}", reason=DELETED) from error
            raise
        return RemoteState(remote, fingerprint(person, self.turn.tenant), None)

    def _told(self, remote: RemoteCustomer) -> RemoteState | None:
        """The record after it was told what it was not told yet; None where it was deleted meanwhile."""
        link = self.link if self.link and self.link.external_id == remote.id else None
        person = self._person(remote)
        if person is None:
            return RemoteState(remote, link.fingerprint if link else "", link)
        told = fingerprint(person, self.turn.tenant)
        if link and link.fingerprint == told:
            return RemoteState(remote, told, link)
        self.turn.require()
        updated = self.connector.update_customer(remote.id, person)
        return RemoteState(updated, told, link) if updated else None

    def _person(self, remote: RemoteCustomer | None) -> OutgoingCustomer | None:
        email = remote.emails[0] if remote and remote.emails else None
        return to_tell(self.customer, self.turn.job.overrides, email)

    def _require_own(self, remote: RemoteCustomer) -> None:
        """Before anything is written to it."""
        key = external_key(self.integration.id, remote.id)
        reading = self.parts.identities.read_identity(self.turn.tenant, [key], None)
        require_own_record(key, reading, self.customer, self.turn, parts=self.parts)

    def _vanished(self) -> RemoteState:
        raise PartnerUnavailable("the record was deleted while it was read", retry_after_s=1)
