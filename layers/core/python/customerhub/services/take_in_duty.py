"""What a platform passes on that the law wants done: kept as a duty, and done later."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from customerhub.domain.duty import DutyKind, Request, new_duty
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, ExternalId
from customerhub.domain.link import external_key
from customerhub.domain.remote import RemoteChange
from customerhub.domain.run import RecordVerdict
from customerhub.domain.stated_identifier import read_identifier
from customerhub.domain.verdict import Verdict
from customerhub.errors import GuardFailed, InvalidInput
from customerhub.services.settle_record import settle_record
from customerhub.services.shop_turn import ShopTurn

REDACT = "redact"


def take_in_duty(change: RemoteChange, occurred_at: datetime | None, turn: ShopTurn) -> RecordVerdict:
    """CREATED where the request is kept as a duty from now on, UNCHANGED where it was known.

    Whom it concerns is looked for now, by everything that came with the request, since nothing of that but ids is kept:
    by the record's id, also of one that was deleted, by the orders that are named, and by the e-mail. A phone may be
    several people's, and names nobody here. Asks the platform nothing. Idempotent. At most seven round trips. Raises
    RetryLater alone.
    """
    return settle_record(change.id, turn, lambda: _keep(change, occurred_at, turn))


def _keep(change: RemoteChange, occurred_at: datetime | None, turn: ShopTurn) -> RecordVerdict:
    kind = _kind(change)
    reference = change.reference or (occurred_at.isoformat() if occurred_at else "")
    request = Request(turn.tenant.id, kind, turn.integration.id, change.id, reference)
    customers = () if kind is DutyKind.SHOP_REDACT else tuple(dict.fromkeys(_concerned(change, turn)))
    with suppress(GuardFailed):
        turn.duties.put_duty(new_duty(request, customers, turn.club.clock.now()))
        return RecordVerdict(change.id, Verdict.CREATED)
    return RecordVerdict(change.id, Verdict.UNCHANGED)


def _kind(change: RemoteChange) -> DutyKind:
    if change.kind == "integration":
        return DutyKind.SHOP_REDACT
    return DutyKind.REDACT if change.action == REDACT else DutyKind.DATA_REQUEST


def _concerned(change: RemoteChange, turn: ShopTurn) -> Iterator[CustomerId]:
    tenant, integration = turn.tenant, turn.integration.id
    told = change.customer.emails if change.customer else ()
    named = [external_key(integration, change.id), *_readable(told, turn)]
    claims = turn.club.identities.read_identity(tenant, named, None).claims
    yield from (claims[key].owner for key in named if key in claims)
    yield from turn.duties.find_linked(tenant.id, integration, change.id)
    orders: list[ExternalId] = list(change.orders)
    found = turn.records.find_orders(tenant.id, integration, orders) if orders else {}
    yield from (found[order].customer for order in orders if order in found)


def _readable(emails: tuple[str, ...], turn: ShopTurn) -> Iterator[IdentifierKey]:
    for email in emails:
        with suppress(InvalidInput):
            yield read_identifier(Kind.EMAIL, email, turn.tenant)
