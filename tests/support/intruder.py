"""Somebody else acts in the middle of a call, at each of its steps in turn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.faults import RATE_COUNTER


@dataclass
class Intruded:
    """A DynamoDB client before whose call number `at` (from 0) `intrude` runs, once. Rate counters do not count."""

    client: Any
    at: int = -1
    intrude: Callable[[], object] = lambda: None
    calls: int = field(default=0)

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.client, operation)

        def call(**request: Any) -> Any:
            if RATE_COUNTER not in str(request.get("Key")):
                self.calls += 1
                if self.calls - 1 == self.at:
                    self.intrude()
            return method(**request)

        return call


def steps(run: Callable[[Intruded], object], client: Callable[[], Any]) -> Iterator[int]:
    """The steps of an untroubled run, and one past the last."""
    counting = Intruded(client())
    run(counting)
    assert counting.calls > 1
    yield from range(counting.calls + 1)
