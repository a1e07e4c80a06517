"""One measurement of `tests.bench.imports`, alone in its process; prints JSON."""

import csv
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from customerhub.aws.clock import SystemClock
from customerhub.bootstrap import build_credential_app, build_import_worker_app
from customerhub.domain.caller import Scope
from customerhub.domain.ids import CredentialId, ImportId, TenantId, new_import_id
from customerhub.domain.imports.layout import HEAD_BYTES, read_head
from customerhub.domain.imports.mapping import guess_columns, read_row
from customerhub.domain.imports.reader import read_rows
from customerhub.domain.imports.run import ImportRun, ImportStatus, StoredFile
from customerhub.domain.job import Job
from customerhub.services.read_import_file import BLOCK_BYTES
from customerhub.services.register_tenant import register_tenant
from customerhub.services.work_import import ImportParts, work_import
from customerhub.settings import settings_from_environment
from tests.support.till import fresh_tenant


class LocalFiles:
    """Implements `ports.imports.ImportFiles` for one local file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def upload_url(self, *_: object, **__: object) -> str:
        raise AssertionError("nothing is uploaded here")

    def download_url(self, *_: object, **__: object) -> str:
        raise AssertionError("nothing is shared here")

    def describe(self, _: str) -> StoredFile:
        return StoredFile(self._path.stat().st_size, "local")

    def read(self, _: str, file: StoredFile, start: int, size: int) -> bytes:
        with self._path.open("rb") as opened:
            opened.seek(start)
            return opened.read(min(size, file.size - start))

    def write(self, _: str, content: Iterable[bytes], __: str) -> None:
        for _piece in content:
            pass


class NoQueue:
    """Implements both queues."""

    def send(self, _: Sequence[tuple[TenantId, ImportId]] | Sequence[Job]) -> None:
        """Nobody is told."""


def read(path: Path) -> int:
    """All rows, mapped and checked; how many."""
    files = LocalFiles(path)
    file = files.describe("")
    head = read_head(files.read("", file, 0, HEAD_BYTES), is_whole=file.size <= HEAD_BYTES)
    layout, columns = head.layout, guess_columns(head)
    blocks = (files.read("", file, start, BLOCK_BYTES) for start in range(layout.first.offset, file.size, BLOCK_BYTES))
    count = 0
    for row in read_rows(blocks, layout.encoding, layout.delimiter, layout.first):
        read_row(row, columns, layout)
        count += 1
    return count


Text = Annotated[str, StringConstraints(max_length=200)]


class PeerRow(BaseModel):
    """The bare loop's row."""

    email: Text = Field(alias="E-mail Address")
    phone: Text = Field(alias="Mobile")
    first: Text = Field(alias="First")
    last: Text = Field(alias="Surname")
    street: Text = Field(alias="Street")
    city: Text = Field(alias="City")
    postal_code: Text = Field(alias="Zip")


def peer(path: Path) -> int:
    """The same with nothing but the csv module and pydantic."""
    count = 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            PeerRow.model_validate(row)
            count += 1
    return count


def work(path: Path) -> int:
    """An import of always the same tenant's, worked as the function works it."""
    settings, clock = settings_from_environment(), SystemClock()
    tenant = replace(fresh_tenant(hash_key="ab" * 32), id=TenantId("bench"))
    register_tenant(tenant, None, store=build_credential_app(settings).credentials)
    files, queue = LocalFiles(path), NoQueue()
    app = build_import_worker_app(settings, files=files, import_queue=queue, queue=queue, clock=clock)
    file, now = files.describe(""), clock.now()
    head = read_head(files.read("", file, 0, HEAD_BYTES), is_whole=file.size <= HEAD_BYTES)
    run = ImportRun(
        tenant.id,
        new_import_id(),
        CredentialId("key:bench"),
        now,
        now,
        status=ImportStatus.RUNNING,
        scopes=frozenset(Scope),
        file=file,
        layout=head.layout,
        columns=guess_columns(head),
        place=head.layout.first,
        started_at=now,
    )
    app.imports.start_import(run)
    parts = ImportParts(app.imports, files, queue, app.tenants, app.parts, queue)
    work_import(tenant.id, run.id, now + timedelta(hours=12), parts=parts)
    ended = app.imports.get_import(tenant.id, run.id)
    if ended is None or ended.status is not ImportStatus.COMPLETED:
        raise RuntimeError("the import did not complete")
    return ended.counts.rows


def peak_mb() -> float:
    """The most that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(what: str, path: Path) -> None:
    """Measure and print."""
    measured: dict[str, Callable[[Path], int]] = {"read": read, "peer": peer, "import": work}
    base_mb, started = peak_mb(), time.perf_counter()
    rows = measured[what](path)
    seconds = time.perf_counter() - started
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_mb": peak_mb(), "base_mb": base_mb}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
