"""Spreadsheets brought in by the API's functions and the worker in this process, over real tables and a bucket."""

import csv
import io
import json
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from botocore.session import get_session

from customerhub.aws.import_files import S3ImportFiles, s3_client
from customerhub.bootstrap import build_credential_app, build_import_worker_app, build_imports_app
from customerhub.domain.caller import Caller, TrustedCaller
from customerhub.domain.ids import ImportId, TenantId
from customerhub.domain.imports.run import ImportRun, StoredFile, VerdictPage, upload_key
from customerhub.domain.job import Job
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.imports import IMPORT_ROUTES
from customerhub.errors import ServiceUnavailable
from customerhub.ports.imports import ImportFiles, ImportStore
from customerhub.services.register_tenant import register_tenant
from customerhub.services.resume_imports import resume_imports
from customerhub.services.work_import import Ending, ImportParts, work_import
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.till import Reply, Till, fresh_tenant, service

_SESSION = get_session()
"""A new one for each client would read botocore's models each time."""


@dataclass
class SteeredClock:
    """The real time, and what a test adds to it. Nobody sleeps."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, duration_s: float) -> None:
        """Not at all."""


@dataclass
class HeardImports:
    """Implements `ports.imports.ImportQueue`, and keeps what was sent."""

    sent: list[tuple[TenantId, ImportId]] = field(default_factory=list)

    def send(self, imports: Sequence[tuple[TenantId, ImportId]]) -> None:
        self.sent += imports


@dataclass
class HeardJobs:
    """Implements `ports.jobs.JobQueue`, and keeps what was sent."""

    sent: list[Job] = field(default_factory=list)

    def send(self, jobs: Sequence[Job]) -> None:
        self.sent += jobs


def bucket_of(tables: DynamoDBTables) -> str:
    """Names of buckets are shared by all accounts."""
    return f"imports-{tables.account}"


def make_bucket(tables: DynamoDBTables) -> Any:
    """A client of S3 in the tables' account, with the bucket, which may be there already."""
    names = {"AWS_ACCESS_KEY_ID": "aws_access_key_id", "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key"}
    environment = tables.environment()
    credentials = {argument: environment[name] for name, argument in names.items()}
    s3 = s3_client(_SESSION, endpoint_url=tables.emulator.endpoint, region_name="us-east-1", **credentials)
    with suppress(s3.exceptions.BucketAlreadyExists, s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=bucket_of(tables))
    return s3


@dataclass
class ImportDesk:
    """One tenant's imports."""

    tables: DynamoDBTables
    s3: Any
    tenant: Tenant = field(default_factory=fresh_tenant)
    clock: SteeredClock = field(default_factory=SteeredClock)
    queue: HeardImports = field(default_factory=HeardImports)
    jobs: HeardJobs = field(default_factory=HeardJobs)
    page_rows: int = 10
    faults: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = Settings(self.tables.names)
        self.client = self.tables.client()
        self.bucket = bucket_of(self.tables)
        self.files = S3ImportFiles(self.bucket, self.s3)
        register_tenant(self.tenant, None, store=build_credential_app(self.settings, self.client).credentials)
        app = build_imports_app(self.settings, self.client, self.files, self.queue, self.clock)
        self.till = Till(build_api(app, IMPORT_ROUTES), self.tenant)
        self.imports = app.imports
        self.caller: TrustedCaller = service(self.tenant)

    def call(self, method: str, path: str, import_id: str | None = None, **options: Any) -> Reply:
        """A call of a route under `/api/imports`; `body` is JSON."""
        body, caller = options.pop("body", None), options.pop("caller", self.caller)
        route = f"{method} /api/imports" + (f"/{{importId}}{path}" if import_id else path)
        return self.till.call(
            route,
            path={"importId": import_id} if import_id else None,
            body=json.dumps({} if body is None else body) if method == "POST" else None,
            caller=caller,
            **options,
        )

    def upload(self, content: bytes | str, **announcement: Any) -> str:
        """An import whose file is there."""
        reply = self.call("POST", "", body=announcement)
        assert reply.status == 201, reply
        import_id = str(reply.body["import"]["id"])
        self.put(import_id, content)
        return import_id

    def put(self, import_id: str, content: bytes | str) -> None:
        """The file itself."""
        data = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=self.bucket, Key=upload_key(self.tenant.id, ImportId(import_id)), Body=data)

    def preview(self, import_id: str, caller: Caller | None = None, **reading: Any) -> Reply:
        return self.call("POST", "/preview", import_id, body=reading, caller=caller or self.caller)

    def commit(self, import_id: str, **reading: Any) -> Reply:
        return self.call("POST", "/commit", import_id, body=reading)

    def cancel(self, import_id: str) -> Reply:
        return self.call("POST", "/cancel", import_id)

    def get(self, import_id: str) -> dict[str, Any]:
        """The import as the API shows it."""
        reply = self.call("GET", "", import_id)
        assert reply.status == 200, reply
        run: dict[str, Any] = reply.body["import"]
        return run

    def rows(self, import_id: str, **query: Any) -> list[dict[str, Any]]:
        """All verdicts, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            reply = self.call("GET", "/rows", import_id, query=query)
            assert reply.status == 200, reply
            found += reply.body["rows"]
            if reply.body["nextCursor"] is None:
                return found
            query["cursor"] = reply.body["nextCursor"]

    def parts(self, client: Any = None, files: ImportFiles | None = None, *, threads: int = 4) -> ImportParts:
        """What a worker works with."""
        app = build_import_worker_app(
            self.settings,
            client or self.client,
            files=files or self.files,
            import_queue=self.queue,
            queue=self.jobs,
            clock=self.clock,
        )
        return ImportParts(
            app.imports,
            app.files,
            app.import_queue,
            app.tenants,
            app.parts,
            app.queue,
            unforeseen=lambda error, _: self.faults.append(error),
            row_threads=threads,
            page_rows=self.page_rows,
        )

    def watched(self, before_commit: Callable[[VerdictPage], object]) -> ImportParts:
        """What a worker works with, of whom something is done before each page is committed."""
        parts = self.parts()
        return replace(parts, imports=cast("ImportStore", WatchedImports(parts.imports, before_commit)))

    def work(
        self, import_id: str, *, patience: timedelta = timedelta(minutes=5), parts: ImportParts | None = None
    ) -> Ending:
        """One worker, until it lays the import down."""
        until = self.clock.now() + patience
        return work_import(self.tenant.id, ImportId(import_id), until, parts=parts or self.parts())

    def sweep(self, client: Any = None) -> int:
        """What the schedule does."""
        imports = self.parts(client).imports
        return resume_imports(imports=imports, queue=self.queue, clock=self.clock)

    def run(self, content: bytes | str, *, announcement: dict[str, Any] | None = None, **reading: Any) -> str:
        """A whole import, from upload to end."""
        import_id = self.upload(content, **announcement or {})
        reply = self.commit(import_id, **reading)
        assert reply.status == 202, reply
        assert self.work(import_id) is Ending.ENDED
        return import_id

    def error_file(self, import_id: str) -> bytes:
        """The file of rows that failed, by the URL that the API gives."""
        reply = self.call("GET", "/errors", import_id)
        assert reply.status == 200, reply
        with urllib.request.urlopen(reply.body["url"]) as answer:
            content: bytes = answer.read()
        return content


def spreadsheet(*rows: Sequence[str], delimiter: str = ",") -> str:
    """CSV of these rows."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def counted(run: dict[str, Any]) -> dict[str, int]:
    """The verdicts of an import that there are, by name."""
    assert run["counts"]["balanced"]
    counts = {name: count for name, count in run["counts"].items() if name not in ("balanced", "rows")}
    assert sum(counts.values()) == run["counts"]["rows"]
    return {name: count for name, count in counts.items() if count}


class WatchedImports:
    """Implements `ports.imports.ImportStore` over another one, and calls `before_commit` before each page."""

    def __init__(self, store: ImportStore, before_commit: Callable[[VerdictPage], object]) -> None:
        self._store = store
        self._before_commit = before_commit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit_page(self, run: ImportRun, page: VerdictPage) -> ImportRun:
        self._before_commit(page)
        return self._store.commit_page(run, page)


class StutteringFiles:
    """Implements `ports.imports.ImportFiles` over another one, whose first reads fail."""

    def __init__(self, files: ImportFiles, failures: int) -> None:
        self._files = files
        self.failures = failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def read(self, key: str, file: StoredFile, start: int, size: int) -> bytes:
        if self.failures:
            self.failures -= 1
            raise ServiceUnavailable("not now")
        return self._files.read(key, file, start, size)
