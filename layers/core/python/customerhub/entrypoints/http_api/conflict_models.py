"""Conflicts, and their resolution, as JSON."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from customerhub.domain.conflict_record import ConflictRecord, ConflictStatus, ConflictView, Resolution
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.entrypoints.http_api.customer_models import Text
from customerhub.entrypoints.http_api.customer_timeline import ActorBody
from customerhub.entrypoints.http_api.models import Body, RequestBody

KINDS = {Kind.AUTH: "authUserId"}
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Note = Annotated[str, StringConstraints(max_length=500)]


class NamedIdentifier(RequestBody):
    """An e-mail or a phone, in any spelling."""

    kind: Literal["email", "phone"]
    value: Text


class ResolveRequest(RequestBody):
    """What staff decided."""

    decision: Literal["merge", "keep_separate", "household", "release"] = Field(
        description=(
            "`merge`: they are one person. `keep_separate`: they are not, for ever. `household`: they are not, and "
            "share the phone. `release`: the identifier has a new owner."
        )
    )
    to: Id | None = Field(None, description="The new owner, of a release to one of several.")
    identifier: NamedIdentifier | None = Field(None, description="What is released, where several could be.")
    note: Note | None = Field(None, description="Why, for others to read.")


class IdentifierName(Body):
    """An identifier of the call that led to the conflict."""

    kind: str = Field(examples=["phone"])
    value: str = Field(examples=["+17075550123"])


class ConflictCustomer(Body):
    """A customer behind the conflict, as known now."""

    id: str
    name: str | None
    email: str | None
    phone: str | None
    account_sources: list[str]
    household_id: str | None


class ConflictStatement(Body):
    """What the call said, in its own spelling."""

    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    auth_user_id: str | None


class ResolutionBody(Body):
    """How the conflict was ended. `settled`: nobody had to, because nobody was left to tell apart."""

    decision: str = Field(examples=["household"])
    by: ActorBody | None
    at: str
    note: str | None
    identifier: IdentifierName | None = Field(description="What was released.")
    to: str | None = Field(description="To whom it was released.")


class HistoryEntry(Body):
    """When the conflict was found, by whose call, and when it was resolved, in turn."""

    what: Literal["found", "resolved"]
    at: str
    by: ActorBody | None
    request_id: str
    decision: str | None


class ConflictBody(Body):
    """Identifiers that point at several customers, or at one who is probably somebody else."""

    id: str
    kind: str = Field(examples=["shared_phone"])
    status: Literal["open", "resolved"]
    found_at: str
    by: ActorBody = Field(description="Whose call led to it.")
    source: str
    request_id: str = Field(description="Under which the hub's logs know that call.")
    identifiers: list[IdentifierName]
    customers: list[ConflictCustomer] = Field(description="Those whom the ids found lead to now.")
    statement: ConflictStatement | None = Field(description="Null where it was no call about a person.")
    resolution: ResolutionBody | None = Field(description="Null while the conflict is open.")
    history: list[HistoryEntry]


class OneConflictResponse(Body):
    """One conflict."""

    conflict: ConflictBody


class ConflictsResponse(Body):
    """A page of conflicts; `nextCursor` is null on the last one."""

    conflicts: list[ConflictBody]
    next_cursor: str | None


def conflict_body(view: ConflictView) -> ConflictBody:
    """The body of a conflict, for staff and service keys."""
    record = view.record
    found = record.found[-1]
    return ConflictBody(
        id=record.id,
        kind=record.kind,
        status="open" if record.status is ConflictStatus.OPEN else "resolved",
        found_at=found.now.isoformat(),
        by=_actor(found.credential),
        source=found.source,
        request_id=found.request_id,
        identifiers=[_identifier(key, record.contact) for key in record.identifiers],
        customers=[_customer(customer) for customer in view.customers],
        statement=_statement(record.contact) if record.contact else None,
        resolution=_resolution(record.resolution, record.contact) if record.resolution else None,
        history=_history(record),
    )


def _actor(credential: str) -> ActorBody:
    kind, _, name = credential.partition(":")
    return ActorBody(kind=kind, id=name)


def _identifier(key: IdentifierKey, contact: Contact | None) -> IdentifierName:
    stated = (i.shown for i in (contact.identifiers if contact else ()) if i.key == key)
    return IdentifierName(kind=KINDS.get(key.kind, key.kind), value=next(stated, key.value))


def _customer(customer: Customer) -> ConflictCustomer:
    return ConflictCustomer(
        id=customer.id,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        account_sources=list(customer.account_sources),
        household_id=customer.household_id,
    )


def _statement(contact: Contact) -> ConflictStatement:
    spelled = {i.kind: i.spelled for i in (*contact.carried, *contact.identifiers)}
    return ConflictStatement(
        first_name=contact.first_name,
        last_name=contact.last_name,
        email=spelled.get(Kind.EMAIL),
        phone=spelled.get(Kind.PHONE),
        auth_user_id=spelled.get(Kind.AUTH),
    )


def _resolution(resolution: Resolution, contact: Contact | None) -> ResolutionBody:
    return ResolutionBody(
        decision=resolution.kind,
        by=_actor(resolution.by) if resolution.by else None,
        at=resolution.at.isoformat(),
        note=resolution.note,
        identifier=_identifier(resolution.identifier, contact) if resolution.identifier else None,
        to=resolution.to,
    )


def _history(record: ConflictRecord) -> list[HistoryEntry]:
    """The oldest first; a conflict is resolved once for each time that it was found."""
    entries: list[HistoryEntry] = []
    for number, found in enumerate(record.found):
        entries.append(_found(found))
        entries += map(_resolved, record.resolutions[number : number + 1])
    return entries


def _found(found: Circumstances) -> HistoryEntry:
    by = _actor(found.credential)
    return HistoryEntry(what="found", at=found.now.isoformat(), by=by, request_id=found.request_id, decision=None)


def _resolved(resolution: Resolution) -> HistoryEntry:
    return HistoryEntry(
        what="resolved",
        at=resolution.at.isoformat(),
        by=_actor(resolution.by) if resolution.by else None,
        request_id=resolution.request_id,
        decision=resolution.kind,
    )
