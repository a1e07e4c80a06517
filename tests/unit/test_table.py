"""What DynamoDB's refusals and silences mean, and what a read does with half an answer."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from customerhub.errors import GuardFailed, HubError, LostRace, StoreUnavailable
from customerhub.store.table import IF_ABSENT, Database, Key, Put

KEY = Key("people", "T#t#C#1", "PROFILE")


class OneAnswerClient:
    """A client that gives each of its answers once; an exception is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def __getattr__(self, _operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.requests.append(request)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def _error(code: str, status: int = 400, *reasons: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "Operation")


@pytest.mark.parametrize(
    ("failure", "meaning"),
    [
        (_error("ConditionalCheckFailedException"), GuardFailed),
        (_error("TransactionConflictException"), LostRace),
        (_error("TransactionCanceledException", 400, "None", "ConditionalCheckFailed"), GuardFailed),
        (_error("TransactionCanceledException", 400, "TransactionConflict", "ConditionalCheckFailed"), LostRace),
        (_error("TransactionCanceledException", 400, "None", "ThrottlingError"), StoreUnavailable),
        (_error("TransactionInProgressException"), StoreUnavailable),
        (_error("ThrottlingException"), StoreUnavailable),
        (_error("ProvisionedThroughputExceededException"), StoreUnavailable),
        (_error("InternalServerError", 500), StoreUnavailable),
        (_error("Whatever", 503), StoreUnavailable),
        (ReadTimeoutError(endpoint_url="x"), StoreUnavailable),
        (EndpointConnectionError(endpoint_url="x"), StoreUnavailable),
    ],
    ids=str,
)
def test_each_failure_says_what_must_happen_next(failure: Exception, meaning: type[HubError]) -> None:
    with pytest.raises(HubError) as raised:
        Database(OneAnswerClient(failure)).write_all([Put(KEY, {}, IF_ABSENT)])  # type: ignore[arg-type]
    assert type(raised.value) is meaning


def test_a_request_that_is_wrong_is_our_bug_and_stays_so() -> None:
    with pytest.raises(ClientError):
        Database(OneAnswerClient(_error("ValidationException"))).get(KEY)  # type: ignore[arg-type]


def test_what_a_batch_leaves_unprocessed_is_asked_for_again() -> None:
    pending = {"people": {"Keys": [{"PK": {"S": "a"}, "SK": {"S": "b"}}]}}
    item = {"PK": {"S": "a"}, "SK": {"S": "b"}, "n": {"N": "1"}}
    client = OneAnswerClient(
        {"Responses": {}, "UnprocessedKeys": pending}, {"Responses": {"people": [item]}, "UnprocessedKeys": {}}
    )
    key = Key("people", "a", "b")
    assert Database(client).batch_get([key, key]) == {key: {"PK": "a", "SK": "b", "n": 1}}  # type: ignore[arg-type]
    assert client.requests[1]["RequestItems"] == pending
    assert len(client.requests[0]["RequestItems"]["people"]["Keys"]) == 1, "no key is asked for twice"


def test_what_stays_unprocessed_is_a_fault_and_no_absence() -> None:
    pending = {"people": {"Keys": [{"PK": {"S": "a"}, "SK": {"S": "b"}}]}}
    answers = [{"Responses": {}, "UnprocessedKeys": pending}] * 5
    with pytest.raises(StoreUnavailable):
        Database(OneAnswerClient(*answers)).batch_get([Key("people", "a", "b")])  # type: ignore[arg-type]
