"""Counts of what reached a partner's API, and the latest calls themselves."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

KEPT_CALLS = 10_000


@dataclass(frozen=True)
class AnsweredCall:
    """One call. `status` is None where no answer was sent; `fault` names the injected fault that struck."""

    at_s: float
    operation: str
    status: int | None
    fault: str | None


class Traffic:
    """Of this run of the process, or since it was cleared."""

    def __init__(self) -> None:
        self._by_operation: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._by_fault: Counter[str] = Counter()
        self._calls: deque[AnsweredCall] = deque(maxlen=KEPT_CALLS)
        self._throttled = 0

    def count(self, call: AnsweredCall) -> None:
        """Count a call that is over."""
        self._calls.append(call)
        for operation in call.operation.split(","):
            self._by_operation[operation] += 1
        self._by_status["none" if call.status is None else str(call.status)] += 1
        if call.fault:
            self._by_fault[call.fault] += 1

    def throttled(self) -> None:
        """Count a call that the double itself has refused because the allowance was used up."""
        self._throttled += 1

    def clear(self) -> None:
        """Start at nothing again."""
        for counted in (self._by_operation, self._by_status, self._by_fault, self._calls):
            counted.clear()
        self._throttled = 0

    def counts(self) -> dict[str, Any]:
        """For `GET /_control/state`."""
        return {
            "total": self._by_status.total(),
            "throttled": self._throttled,
            "byOperation": dict(self._by_operation.most_common()),
            "byStatus": dict(self._by_status.most_common()),
            "byFault": dict(self._by_fault.most_common()),
        }

    def latest(self, limit: int) -> list[dict[str, Any]]:
        """The latest calls, the oldest of them first."""
        calls = list(self._calls)[-limit:] if limit else []
        return [
            {"atS": round(call.at_s, 3), "operation": call.operation, "status": call.status, "fault": call.fault}
            for call in calls
        ]
