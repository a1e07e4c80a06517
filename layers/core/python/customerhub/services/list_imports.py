"""Imports are listed, and the verdicts on their rows."""

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.ids import ImportId
from customerhub.domain.imports.run import (
    ImportRun,
)
from customerhub.domain.imports.verdict import RowVerdict
from customerhub.domain.page import Page
from customerhub.domain.verdict import Verdict
from customerhub.ports.imports import ImportStore
from customerhub.services.get_import import get_import


def list_imports(caller: Caller, before: str | None, limit: int, *, imports: ImportStore) -> Page[ImportRun]:
    """A page of the tenant's imports, the newest first. Raises Forbidden and StoreUnavailable."""
    caller.require(Scope.IMPORTS_WRITE)
    return imports.list_imports(caller.tenant.id, before, limit)


def list_import_rows(
    import_id: ImportId,
    verdict: Verdict | None,
    caller: Caller,
    after: str | None,
    limit: int,
    *,
    imports: ImportStore,
) -> Page[RowVerdict]:
    """A page of the verdicts so far, in the order of the rows. Raises what `get_import` raises."""
    run = get_import(import_id, caller, imports=imports)
    return imports.list_rows(run.tenant, run.id, verdict, after, limit)
