"""The conflicts that wait for a decision, or had one."""

from collections.abc import Callable

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.conflict_record import ConflictStatus, ConflictView
from customerhub.domain.conflict_settling import is_settled
from customerhub.domain.events import Circumstances
from customerhub.domain.page import Page
from customerhub.ports import ConflictStore, IdentityStore
from customerhub.services.view_conflicts import view_conflicts


def list_conflicts(
    status: ConflictStatus,
    caller: Caller,
    circumstances: Circumstances,
    before: str | None,
    limit: int,
    *,
    identities: IdentityStore,
    conflicts: ConflictStore,
    before_write: Callable[[], object] = lambda: None,
) -> Page[ConflictView]:
    """A page of the conflicts of that status, the one found last first.

    An open one in which nobody is left to tell apart is closed, and left out. Raises Forbidden without customers:read,
    StoreUnavailable, and whatever `before_write` raises, which runs before anything is written.
    """
    caller.require(Scope.CUSTOMERS_READ)
    page = conflicts.list_conflicts(caller.tenant.id, status, before, limit)
    views = view_conflicts(page.items, caller.tenant, store=identities)
    settled = [view for view in views if view.record.status is ConflictStatus.OPEN and is_settled(view)]
    if settled:
        before_write()
        conflicts.settle([view.record.settled(circumstances) for view in settled])
    return Page(tuple(view for view in views if view not in settled), page.after)
