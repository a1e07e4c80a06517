"""Imports as items.

All of one import are in the partition `T#<tenant>#IMPORT#<id>` of the work table, and expire:

| SK | what | access |
|---|---|---|
| `RUN` | the import | by id; in `by_list` under `T#<tenant>#IMPORTS`, sorted by id, which is by time |
| `RUNNING` | that it has begun and not ended | in `by_list` under `IMPORTS` for all tenants, sorted by when it began |
| `PAGE#<first row>` | the verdicts on a page of rows | in order of rows |
| `HAS#<verdict>#<first row>` | that a page has rows of that verdict | to find the few among the many |

No item says anything about a person: rows are numbers, customers are ids.
"""

from datetime import datetime

from customerhub.deployment import BY_LIST, IMPORT_LIST, TTL_ATTRIBUTE
from customerhub.domain.caller import Scope
from customerhub.domain.ids import CredentialId, ImportId, StageId, TenantId
from customerhub.domain.imports.encoding import Encoding
from customerhub.domain.imports.fields import Field
from customerhub.domain.imports.layout import Layout
from customerhub.domain.imports.reader import Place
from customerhub.domain.imports.run import RETENTION, ImportRun, ImportStatus, StoredFile, VerdictPage
from customerhub.domain.imports.verdict import from_verdicts, to_verdicts
from customerhub.domain.job import Lease
from customerhub.domain.verdict import Counts, Verdict
from customerhub.store import keys
from customerhub.store.listing import sorting_time
from customerhub.store.table import IF_ABSENT, Delete, Item, Put, if_version

RUN, RUNNING = "RUN", "RUNNING"
PAGE_PREFIX, HAS_PREFIX = "PAGE#", "HAS#"


def put_run(table: str, run: ImportRun) -> Put:
    """The write of an import that was read, or is new, at its version."""
    item = from_run(run) | {"version": run.version + 1}
    return Put(keys.import_item(table, run.tenant, run.id, RUN), item, if_version(run.version))


def put_running(table: str, run: ImportRun) -> Put:
    """That the import has begun."""
    place = IMPORT_LIST, f"{sorting_time(run.started_at or run.updated_at)}#{run.tenant}#{run.id}"
    item = dict(zip(BY_LIST.attributes, place, strict=True)) | {TTL_ATTRIBUTE: _expiry(run)}
    return Put(keys.import_item(table, run.tenant, run.id, RUNNING), item, IF_ABSENT)


def delete_running(table: str, run: ImportRun) -> Delete:
    """That it has ended."""
    return Delete(keys.import_item(table, run.tenant, run.id, RUNNING))


def put_page(table: str, run: ImportRun, page: VerdictPage) -> list[Put]:
    """The verdicts of a page, which has none yet, and by what they are found."""
    item = {"first": page.first, "verdicts": from_verdicts(page.verdicts), TTL_ATTRIBUTE: _expiry(run)}
    sorts = [f"{HAS_PREFIX}{verdict}#{number(page.first)}" for verdict in {v.verdict for v in page.verdicts}]
    return [
        Put(keys.import_item(table, run.tenant, run.id, f"{PAGE_PREFIX}{number(page.first)}"), item, IF_ABSENT),
        *(
            Put(keys.import_item(table, run.tenant, run.id, sort), {TTL_ATTRIBUTE: _expiry(run)}, IF_ABSENT)
            for sort in sorted(sorts)
        ),
    ]


def to_page(item: Item) -> VerdictPage:
    """The verdicts that an item holds."""
    return VerdictPage(to_verdicts(item["verdicts"], int(item["first"])))


def number(row: int) -> str:
    """A row's number, so that it sorts."""
    return f"{row:012d}"


def list_partition(tenant: TenantId) -> str:
    """The tenant's imports in the index."""
    return f"T#{tenant}#IMPORTS"


def from_run(run: ImportRun) -> Item:
    """The item; its version is the one that was read."""
    place = list_partition(run.tenant), run.id
    return dict(zip(BY_LIST.attributes, place, strict=True)) | {
        "tenant": run.tenant,
        "id": run.id,
        "created_by": run.created_by,
        "created_at": run.created_at.isoformat(),
        "updated_at": run.updated_at.isoformat(),
        "status": run.status,
        "file_name": run.file_name,
        "source": run.source,
        "stage": run.stage,
        "may_move": run.may_move,
        "scopes": sorted(run.scopes),
        "file": {"size": run.file.size, "tag": run.file.tag} if run.file else None,
        "layout": _from_layout(run.layout) if run.layout else None,
        "columns": None if run.columns is None else list(run.columns),
        "place": _from_place(run.place),
        "rows": run.counts.rows,
        "counts": dict(run.counts.verdicts),
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "cancel_requested": run.cancel_requested,
        "lease": {"token": run.lease.token, "until": run.lease.until.isoformat()} if run.lease else None,
        "nudged_at": run.nudged_at.isoformat() if run.nudged_at else None,
        "reason": run.reason,
        "has_error_file": run.has_error_file,
        "version": run.version,
        TTL_ATTRIBUTE: _expiry(run),
    }


def to_run(item: Item) -> ImportRun:
    """The import that an item holds."""
    lease, file, layout = item["lease"], item["file"], item["layout"]
    return ImportRun(
        TenantId(item["tenant"]),
        ImportId(item["id"]),
        CredentialId(item["created_by"]),
        datetime.fromisoformat(item["created_at"]),
        datetime.fromisoformat(item["updated_at"]),
        status=ImportStatus(item["status"]),
        file_name=item["file_name"],
        source=item["source"],
        stage=StageId(item["stage"]) if item["stage"] else None,
        may_move=item["may_move"],
        scopes=frozenset(map(Scope, item["scopes"])),
        file=StoredFile(int(file["size"]), file["tag"]) if file else None,
        layout=_to_layout(layout) if layout else None,
        columns=None if item["columns"] is None else tuple(map(Field, item["columns"])),
        place=_to_place(item["place"]),
        counts=Counts(int(item["rows"]), {Verdict(name): int(count) for name, count in item["counts"].items()}),
        started_at=datetime.fromisoformat(item["started_at"]) if item["started_at"] else None,
        finished_at=datetime.fromisoformat(item["finished_at"]) if item["finished_at"] else None,
        cancel_requested=item["cancel_requested"],
        lease=Lease(lease["token"], datetime.fromisoformat(lease["until"])) if lease else None,
        nudged_at=datetime.fromisoformat(item["nudged_at"]) if item["nudged_at"] else None,
        reason=item["reason"],
        has_error_file=item["has_error_file"],
        version=int(item["version"]),
    )


def _from_layout(layout: Layout) -> Item:
    return {
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "has_header": layout.has_header,
        "columns": layout.columns,
        "first": _from_place(layout.first),
        "is_error_file": layout.is_error_file,
    }


def _to_layout(item: Item) -> Layout:
    return Layout(
        Encoding(item["encoding"]),
        item["delimiter"],
        item["has_header"],
        int(item["columns"]),
        _to_place(item["first"]),
        item["is_error_file"],
    )


def _from_place(place: Place) -> Item:
    return {"offset": place.offset, "row": place.row}


def _to_place(item: Item) -> Place:
    return Place(int(item["offset"]), int(item["row"]))


def _expiry(run: ImportRun) -> int:
    return int((run.created_at + RETENTION).timestamp())
