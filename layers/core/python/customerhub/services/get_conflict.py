"""One conflict by id."""

from collections.abc import Callable
from dataclasses import replace

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.conflict_record import ConflictStatus, ConflictView
from customerhub.domain.conflict_settling import is_settled
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import ConflictId
from customerhub.errors import NotFound
from customerhub.ports import ConflictStore, IdentityStore
from customerhub.services.view_conflicts import view_conflicts


def get_conflict(
    conflict_id: ConflictId,
    caller: Caller,
    circumstances: Circumstances,
    *,
    identities: IdentityStore,
    conflicts: ConflictStore,
    before_write: Callable[[], object] = lambda: None,
) -> ConflictView:
    """The conflict, and who is behind it now. One in which nobody is left to tell apart is closed.

    Raises Forbidden without customers:read, NotFound, StoreUnavailable, and whatever `before_write` raises, which runs
    before anything is written.
    """
    caller.require(Scope.CUSTOMERS_READ)
    record = conflicts.get_conflict(caller.tenant.id, conflict_id)
    if not record:
        raise NotFound("there is no such conflict")
    (view,) = view_conflicts([record], caller.tenant, store=identities)
    if record.status is ConflictStatus.RESOLVED or not is_settled(view):
        return view
    before_write()
    settled = record.settled(circumstances)
    conflicts.settle([settled])
    return replace(view, record=settled)
