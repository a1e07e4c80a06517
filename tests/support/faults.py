"""The fault harness: a use case run with a failure at every call that it makes to the outside, then repeated.

A point is one call and one failure there: a throttle, a conflict with another transaction, a time-out without and with
effect, a crash before and after. At each point the use case meets the failure on a fresh scene, the invariants are
checked, the use case is repeated as its caller would repeat it, and the invariants and its result are checked again.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from botocore.exceptions import ClientError, ReadTimeoutError

Scene = TypeVar("Scene")

FILE_OPERATIONS = frozenset({"get_object", "head_object", "put_object"})
OPERATIONS = FILE_OPERATIONS | frozenset(
    {
        "get_item",
        "put_item",
        "update_item",
        "batch_get_item",
        "batch_write_item",
        "query",
        "scan",
        "transact_write_items",
    }
)
READS = frozenset({"get_item", "batch_get_item", "query", "scan", "get_object", "head_object"})
RATE_COUNTER = "#RATE#"
"""In the key of every rate counter; these run in threads, so that their place among the calls is left to chance."""


class Crash(BaseException):
    """The process ends here: nothing after this line runs, not even an `except Exception`."""


@dataclass(frozen=True)
class Failure:
    """What goes wrong with one call. `takes_effect` says whether DynamoDB carries the call out all the same."""

    name: str
    takes_effect: bool
    error: Callable[[str], BaseException]

    def happens_to(self, operation: str) -> bool:
        """A conflict of transactions can only happen to a write; a read has no effect to fail after."""
        if self.name == "transaction conflict":
            return operation in ("put_item", "transact_write_items")
        return operation not in READS or not self.takes_effect


def _client_error(code: str, operation: str, **details: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}} | details
    return ClientError(response, operation)


def _throttle(operation: str) -> BaseException:
    if operation in FILE_OPERATIONS:
        return _client_error("SlowDown", operation, ResponseMetadata={"HTTPStatusCode": 503})
    return _client_error("ProvisionedThroughputExceededException", operation)


def _transaction_conflict(operation: str) -> BaseException:
    if operation == "transact_write_items":
        reasons = [{"Code": "TransactionConflict"}]
        return _client_error("TransactionCanceledException", operation, CancellationReasons=reasons)
    return _client_error("TransactionConflictException", operation)


def _time_out(operation: str) -> BaseException:
    return ReadTimeoutError(endpoint_url=f"https://aws/{operation}")


FAILURES = (
    Failure("throttle", takes_effect=False, error=_throttle),
    Failure("transaction conflict", takes_effect=False, error=_transaction_conflict),
    Failure("time-out without effect", takes_effect=False, error=_time_out),
    Failure("time-out with effect", takes_effect=True, error=_time_out),
    Failure("crash before", takes_effect=False, error=Crash),
    Failure("crash after", takes_effect=True, error=Crash),
)


@dataclass
class FailingClient:
    """A DynamoDB client that fails once, at call number `at` (from 0); never when `failure` is None.

    Calls of the rate counter are passed on uncounted, unless `fails_counter`: then each of them fails.
    """

    client: Any
    at: int = -1
    failure: Failure | None = None
    fails_counter: bool = False
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.client, operation)
        if operation not in OPERATIONS:
            raise AttributeError(f"the fault harness does not know {operation}")

        def call(**request: Any) -> Any:
            if not self._is_hit(operation, request):
                return method(**request)
            assert self.failure
            if self.failure.takes_effect:
                method(**request)
            raise self.failure.error(operation)

        return call

    def _is_hit(self, operation: str, request: Any) -> bool:
        if operation == "update_item" and RATE_COUNTER in request["Key"]["PK"]["S"]:
            return self.fails_counter
        self.calls.append(operation)
        return len(self.calls) - 1 == self.at and self.failure is not None


@dataclass(frozen=True)
class UseCase(Generic[Scene]):
    """`arrange` makes a fresh scene; `act` runs on it with a client, raising or returning as it may; `check` holds at
    every moment; `check_done` holds once the use case has been repeated without failures."""

    arrange: Callable[[], Scene]
    act: Callable[[Scene, Any], object]
    client: Callable[[Scene], Any]
    check: Callable[[Scene], object]
    check_done: Callable[[Scene], object]


def points(use_case: UseCase[Scene]) -> Iterator[tuple[int, Failure]]:
    """Every call of the use case's untroubled run, with every failure that can happen to it."""
    scene = use_case.arrange()
    recorder = FailingClient(use_case.client(scene))
    use_case.act(scene, recorder)
    use_case.check_done(scene)
    for at, operation in enumerate(recorder.calls):
        yield from ((at, failure) for failure in FAILURES if failure.happens_to(operation))


def survive_every_failure(name: str, use_case: UseCase[Scene]) -> int:
    """Run the use case at each of its points; print and return how many there are."""
    tried = 0
    for at, failure in points(use_case):
        scene = use_case.arrange()
        client = FailingClient(use_case.client(scene), at, failure)
        with suppress(Crash):  # the caller hears nothing, and calls again
            use_case.act(scene, client)
        assert len(client.calls) > at, f"{name}: call {at} was not reached"
        use_case.check(scene)
        use_case.act(scene, use_case.client(scene))
        use_case.check(scene)
        use_case.check_done(scene)
        tried += 1
    print(f"{name}: {tried} points survived")
    return tried
