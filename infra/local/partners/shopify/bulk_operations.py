"""Bulk operations: queries that are answered into files while nobody waits.

`CREATED`, then `RUNNING`, then `COMPLETED`, by the shop's time; a large shop takes a little real time besides, since
nobody else may wait for its file. What is not known: that a field which the app may not see is empty in the file,
without a word; that what the app may not list at all fails the operation, is.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from graphql import DocumentNode
from graphql.execution import ExecutionResult

from infra.local.partners.clock import PartnerClock
from infra.local.partners.shopify import payloads
from infra.local.partners.shopify.bulk_files import BulkFiles
from infra.local.partners.shopify.bulk_query import check_bulk_query, lines_of, page_of
from infra.local.partners.shopify.records import BulkOperation
from infra.local.partners.shopify.refusals import Problem, Refused
from infra.local.partners.shopify.shop import Shop

Execute = Callable[[DocumentNode], ExecutionResult]
KEPT = timedelta(days=7)
BUDGET_S = 0.05
"""So long at a time is a file written on."""


def start_bulk_query(shop: Shop, query: str) -> BulkOperation:
    """Have a query answered into a file. Raises `Refused`."""
    check_bulk_query(query)
    under_way = [one for one in shop.bulk_operations.live.values() if one.is_under_way]
    if len(under_way) >= shop.settings.bulk_at_once:
        raise Refused(
            Problem(None, "A bulk query operation for this app and shop is already in progress.", _busy(shop))
        )
    now = shop.now()
    operation = BulkOperation(shop.new_number(), query, now, now, shop.time_s())
    shop.bulk_operations.put(operation)
    return operation


def cancel_bulk_operation(shop: Shop, operation: BulkOperation) -> BulkOperation:
    """End one that is under way. Raises `Refused`."""
    if not operation.is_under_way:
        raise Refused(Problem(None, "A bulk operation cannot be canceled when it is completed"))
    canceling = replace(operation, status="CANCELING", updated_at=shop.now())
    shop.bulk_operations.put(canceling)
    return canceling


def _busy(shop: Shop) -> str:
    """Two codes say the same, the older one where one is allowed at a time."""
    return "OPERATION_IN_PROGRESS" if shop.settings.bulk_at_once == 1 else "LIMIT_REACHED"


@dataclass
class _Writing:
    """A file that is being written."""

    content: bytearray = field(default_factory=bytearray)
    lines: int = 0
    rows: int = 0
    cursor: str | None = None
    error: str | None = None
    is_whole: bool = False


class BulkRunner:
    """Moves operations on."""

    def __init__(self, shop: Shop, files: BulkFiles, execute: Execute, clock: PartnerClock) -> None:
        self._shop = shop
        self._files = files
        self._execute = execute
        self._clock = clock
        self._writing: dict[int, _Writing] = {}

    @property
    def is_busy(self) -> bool:
        """Whether any is under way."""
        return any(one.is_under_way for one in self._shop.bulk_operations.live.values())

    def move_on(self) -> None:
        """Whatever has become of each by now, as far as a moment's work goes."""
        until_s = time.monotonic() + BUDGET_S
        for operation in list(self._shop.bulk_operations.live.values()):
            if operation.is_under_way:
                self._move(operation, until_s)
            elif operation.status == "COMPLETED" and self._is_old(operation):
                self._files.remove(operation.number)
                self._shop.bulk_operations.put(replace(operation, status="EXPIRED", updated_at=self._shop.now()))

    def forget(self) -> None:
        """The files are gone."""
        self._writing.clear()
        self._files.clear()

    def _is_old(self, operation: BulkOperation) -> bool:
        is_forgotten = operation.root_count > 0 and self._files.size(operation.number) is None
        return is_forgotten or operation.updated_at + KEPT <= self._shop.now()

    def _move(self, operation: BulkOperation, until_s: float) -> None:
        takes_s = self._shop.settings.bulk_seconds
        passed_s = self._clock.time_s() - operation.created_s
        if operation.status == "CANCELING":
            self._finish(operation, "CANCELED")
            return
        if operation.status == "CREATED" and passed_s >= takes_s / 2:
            operation = replace(operation, status="RUNNING", updated_at=self._shop.now())
            self._shop.bulk_operations.put(operation)
        if passed_s >= takes_s:
            self._write(operation, until_s)

    def _write(self, operation: BulkOperation, until_s: float) -> None:
        """At least a page at a time."""
        writing = self._writing.setdefault(operation.number, _Writing())
        while not writing.is_whole:
            self._write_page(operation, writing)
            if time.monotonic() >= until_s:
                break
        counted = replace(operation, object_count=writing.lines, root_count=writing.rows)
        if not writing.is_whole:
            self._shop.bulk_operations.put(counted)
            return
        self._files.put(operation.number, bytes(writing.content))
        self._finish(counted, "FAILED" if writing.error else "COMPLETED", writing.error)

    def _write_page(self, operation: BulkOperation, writing: _Writing) -> None:
        result = self._execute(page_of(operation.query, writing.cursor))
        if result.data is None or not any(result.data.values()):
            writing.error, writing.is_whole = "ACCESS_DENIED", True
            return
        lines, rows, writing.cursor = lines_of(result.data)
        fails_after = self._shop.settings.bulk_fails_after
        for line in lines:
            if fails_after is not None and writing.lines >= fails_after:
                writing.error, writing.is_whole = "INTERNAL_SERVER_ERROR", True
                return
            writing.content += json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            writing.lines += 1
        writing.rows += rows
        writing.is_whole = writing.cursor is None

    def _finish(self, operation: BulkOperation, status: str, error: str | None = None) -> None:
        self._writing.pop(operation.number, None)
        now = self._shop.now()
        size = self._files.size(operation.number) or 0
        ended = replace(
            operation, status=status, error_code=error, completed_at=now, updated_at=now, file_size=size or None
        )
        self._shop.bulk_operations.put(ended)
        self._shop.begin_action()
        self._shop.tell("BULK_OPERATIONS_FINISH", payloads.bulk_operation(ended))
