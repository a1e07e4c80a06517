"""Staff say that a person has what the person asked for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.customer import Customer
from customerhub.domain.duty import Duty, DutyStatus, Outcome, Receipt
from customerhub.domain.ids import CustomerId, DutyId
from customerhub.domain.page import Page
from customerhub.errors import NotFound, StateConflict
from customerhub.ports import IdentityStore
from customerhub.ports.duties import DutyStore
from customerhub.services.alert_parts import AlertParts
from customerhub.services.attempts import attempts
from customerhub.services.follow_aliases import follow_aliases
from customerhub.services.redact_person import concerned
from customerhub.services.review_duties import review_duties


@dataclass(frozen=True)
class DutyView:
    """A duty, and the customers whom it concerns, as they are found now."""

    duty: Duty
    customers: tuple[CustomerId, ...] = ()


def fulfil_duty(
    duty_id: DutyId,
    caller: Caller,
    *,
    duties: DutyStore,
    identities: IdentityStore,
    alerts: AlertParts,
    before_write: Callable[[], object] = lambda: None,
) -> DutyView:
    """Write down that the caller has handed over what is kept of the person, or that nothing is. Repeated, the first
    receipt stays. Raises Forbidden without customers:export, NotFound, and StateConflict with code `done_by_hub` for
    what is not for staff to do."""
    caller.require(Scope.CUSTOMERS_EXPORT)

    def attempt() -> DutyView:
        view = _view(_read(duty_id, caller, duties), caller, duties, identities)
        if not view.duty.is_for_staff:
            raise StateConflict("the hub does this by itself; its receipt says when", code="done_by_hub")
        before_write()
        if view.duty.receipt:
            return view
        outcome = Outcome.HANDED_OVER if view.customers else Outcome.NOTHING_KEPT
        done = view.duty.done(Receipt(outcome, alerts.clock.now(), by=caller.credential))
        duties.put_duty(done)
        return replace(view, duty=done.stored())

    view = attempts(alerts.clock, attempt)
    review_duties(view.duty.tenant, view.duty.integration, duties=duties, parts=alerts)
    return view


def view_duty(duty_id: DutyId, caller: Caller, *, duties: DutyStore, identities: IdentityStore) -> DutyView:
    """One duty. Raises Forbidden without sync:read, and NotFound."""
    caller.require(Scope.SYNC_READ)
    return _view(_read(duty_id, caller, duties), caller, duties, identities)


def list_duties(
    status: DutyStatus, caller: Caller, after: str | None, limit: int, *, duties: DutyStore
) -> Page[DutyView]:
    """A page, the one that is due first first, without the customers. Raises Forbidden without sync:read."""
    caller.require(Scope.SYNC_READ)
    page = duties.list_duties(caller.tenant.id, status, after, limit)
    return Page(tuple(map(DutyView, page.items)), page.after)


def _read(duty_id: DutyId, caller: Caller, duties: DutyStore) -> Duty:
    duty = duties.get_duty(caller.tenant.id, duty_id)
    if duty is None:
        raise NotFound("there is no such duty")
    return duty


def _view(duty: Duty, caller: Caller, duties: DutyStore, identities: IdentityStore) -> DutyView:
    if not duty.is_for_staff:
        return DutyView(duty)
    ids = concerned(duty, caller.tenant, identities=identities, duties=duties)
    found = (follow_aliases(one, caller.tenant.id, store=identities) for one in ids)
    return DutyView(duty, tuple(dict.fromkeys(one.id for one in found if isinstance(one, Customer))))
