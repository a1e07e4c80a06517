"""What one call wants changed of one customer: as stated, and as read and graded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from customerhub.domain.caller import Caller, UserCaller
from customerhub.domain.contact import Preferences, clean_preferences, clean_words, read_identifier
from customerhub.domain.identifier import Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.names import clean_name
from customerhub.errors import Forbidden, InvalidInput


class Keep(Enum):
    """In the place of a value that the call does not mention."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True)
class NewValues:
    """The values to put in the place of those known; None and what is empty clear.

    Of an address the parts given replace, a part that is None is cleared, and None clears all.
    """

    first_name: str | Keep | None = KEEP
    last_name: str | Keep | None = KEEP
    allergies: tuple[str, ...] | Keep = KEEP
    preferences: Preferences | Keep = KEEP
    address: Mapping[str, str | None] | Keep | None = KEEP


@dataclass(frozen=True)
class NamedIdentifier:
    """An identifier in the caller's spelling; `field` is where the request has it."""

    kind: Kind
    text: str
    field: str


@dataclass(frozen=True)
class PatchStatement:
    """The words of a caller, before they are read. `chosen` are to be shown first of their kind."""

    source: str
    values: NewValues = NewValues()
    chosen: tuple[NamedIdentifier, ...] = ()
    added: tuple[NamedIdentifier, ...] = ()
    removed: tuple[NamedIdentifier, ...] = ()


@dataclass(frozen=True)
class Patch:
    """A statement with names cleaned, and identifiers normalised and graded by how far the caller is believed."""

    source: str
    values: NewValues
    chosen: tuple[Identifier, ...] = ()
    added: tuple[Identifier, ...] = ()
    removed: frozenset[IdentifierKey] = frozenset()

    @property
    def stated(self) -> tuple[Identifier, ...]:
        """What the customer is to have: those chosen and those added."""
        return (*self.chosen, *self.added)

    @property
    def keys(self) -> tuple[IdentifierKey, ...]:
        """Of all identifiers that are named."""
        return tuple(dict.fromkeys([*(i.key for i in self.stated), *sorted(self.removed)]))


def read_patch(statement: PatchStatement, caller: Caller, now: datetime) -> Patch:
    """Read a statement as its caller is to be believed.

    Raises InvalidInput for an identifier that cannot be read, that identifies nobody, or that is to come and to go at
    once, and Forbidden when a user would add or remove one.
    """
    for named in (*statement.added, *statement.removed):
        _require_trusted(caller, named.field)
    chosen, added, removed = (
        tuple(_read(named, caller, statement.source, now) for named in group)
        for group in (statement.chosen, statement.added, statement.removed)
    )
    going = frozenset(identifier.key for identifier in removed)
    for named, identifier in zip((*statement.chosen, *statement.added), (*chosen, *added), strict=True):
        if identifier.key in going:
            raise InvalidInput("is to be removed by the same call", code="contradictory", field=named.field)
    return Patch(statement.source, _cleaned(statement.values), chosen, _unique(added), going)


def require_own_choice(patch: Patch, own: Iterable[Identifier], caller: Caller) -> None:
    """A user chooses among the own identifiers that are proven. Raises Forbidden for every other one, and says the
    same whether anybody has it."""
    if isinstance(caller, UserCaller):
        choice = {i.key for i in own if i.owned and i.grade is Grade.VERIFIED}
        for identifier in patch.chosen:
            if identifier.key not in choice:
                _require_trusted(caller, identifier.kind)


def _require_trusted(caller: Caller, field: str) -> None:
    if isinstance(caller, UserCaller):
        raise Forbidden(
            "prove an e-mail or phone of yours by POST /api/verifications, or sign in with it and call "
            "POST /functions/v1/customer-management; then it can be chosen here",
            code="proof_required",
            field=field,
        )


def _read(named: NamedIdentifier, caller: Caller, source: str, now: datetime) -> Identifier:
    try:
        identifier = read_identifier(named.kind, named.text.strip(), caller, source, now)
    except InvalidInput as error:
        raise InvalidInput(error.message, code=error.code, field=named.field) from error
    if identifier is None:
        raise InvalidInput("a placeholder or junk identifies nobody", code="identifies_nobody", field=named.field)
    return identifier


def _unique(identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
    return tuple({identifier.key: identifier for identifier in identifiers}.values())


def _cleaned(values: NewValues) -> NewValues:
    return replace(
        values,
        first_name=_name(values.first_name),
        last_name=_name(values.last_name),
        allergies=values.allergies if values.allergies is KEEP else clean_words(values.allergies),
        preferences=values.preferences if values.preferences is KEEP else clean_preferences(values.preferences),
    )


def _name(stated: str | Keep | None) -> str | Keep | None:
    return KEEP if stated is KEEP else clean_name(stated or "") or None
