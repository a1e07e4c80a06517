"""What an import would do, told by its first rows; nothing is written but how the file is to be read."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from typing import Any

from customerhub.domain.caller import TrustedCaller
from customerhub.domain.ids import ImportId
from customerhub.domain.imports.layout import Head
from customerhub.domain.imports.reader import Row
from customerhub.domain.imports.run import ImportRun
from customerhub.domain.imports.verdict import RowVerdict
from customerhub.domain.verdict import Counts
from customerhub.errors import StateConflict
from customerhub.ports.imports import ImportFiles, ImportStore
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.import_rows import RowsOfImport, contacts_of, import_rows
from customerhub.services.prepare_import import Reading, prepare_import
from customerhub.services.preview_identities import PreviewIdentities, preview_club

PREVIEWED_ROWS = 300


@dataclass(frozen=True)
class Preview:
    """The import as it would be started, the head of its file, its first rows and what would become of them. The counts
    are of these rows."""

    run: ImportRun
    head: Head
    rows: Sequence[Row]
    verdicts: Sequence[RowVerdict]
    counts: Counts


def preview_import(
    import_id: ImportId,
    reading: Reading,
    caller: TrustedCaller,
    *,
    imports: ImportStore,
    files: ImportFiles,
    club: ClubParts,
) -> Preview:
    """Read the head of the file, and try its first rows on the customers that there are.

    The rows see what those before them would have changed. The reading is kept for the commit. Raises what
    `prepare_import` raises.
    """

    def attempt() -> tuple[ImportRun, Head]:
        prepared = prepare_import(
            import_id, reading, caller, imports=imports, files=files, club=club.club, clock=club.clock
        )
        return imports.put_import(prepared.run), prepared.head

    run, head = attempts(club.clock, attempt)
    rows = head.rows[:PREVIEWED_ROWS]
    verdicts = _tried(run, rows, caller, club)
    return Preview(run, head, rows, verdicts, Counts().plus((one.verdict for one in verdicts), rows=len(rows)))


def _tried(run: ImportRun, rows: Sequence[Row], caller: TrustedCaller, club: ClubParts) -> list[RowVerdict]:
    if run.layout is None or run.columns is None:
        raise StateConflict("the import was not read yet", code="not_uploaded")
    tenant, identities = caller.tenant, PreviewIdentities(club.identities)
    about = RowsOfImport(
        run.id,
        caller,
        run.layout,
        run.columns,
        run.source,
        {stage.id: stage for stage in club.club.list_stages(tenant.id)},
        (),
        replace(club, identities=identities, club=preview_club(club.club, identities)),
        stage=run.stage,
        may_move=run.may_move,
        keeps_answers=False,
    )
    _read_ahead(identities, rows, about)
    verdicts = import_rows(rows, about, InTurn())
    return [replace(one, customer=None) if one.customer in identities.made else one for one in verdicts]


def _read_ahead(identities: PreviewIdentities, rows: Sequence[Row], about: RowsOfImport) -> None:
    """Everything at once, where row by row would take a round trip each."""
    tenant = about.caller.tenant
    keys = [key for contact in contacts_of(rows, about) for key in contact.keys]
    claims = identities.read_identity(tenant, keys, None).claims
    identities.get_customers(tenant.id, {holder for claim in claims.values() for holder in claim.holders})


class InTurn(Executor):
    """Runs everything in the calling thread, at once."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run it now."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future
