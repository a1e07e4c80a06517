"""Work reaches its workers, comes again when one dies, and is never lost without somebody being told: invariant 2."""

import pytest

from customerhub import deployment
from tests.infra.assembly import Assembly, Properties, logical_id

WORKERS = {
    deployment.JOBS_QUEUE_VARIABLE: (deployment.JOB_WORKER, range(5, 11)),
    deployment.IMPORTS_QUEUE_VARIABLE: (deployment.IMPORT_WORKER, range(1, 2)),
    deployment.RUNS_QUEUE_VARIABLE: (deployment.RUN_WORKER, range(1, 2)),
    deployment.DELIVERIES_QUEUE_VARIABLE: (deployment.DELIVERY_WORKER, range(1, 2)),
}
"""Environment variable to the function that works on the queue, and to how many messages it may get at once."""
HOUR_S = 3600


def queue_of(assembly: Assembly, variable: str) -> str:
    function = assembly.functions()[deployment.JOB_SWEEP]
    return logical_id(function["Environment"]["Variables"][variable])


def properties(assembly: Assembly, name: str) -> Properties:
    found: Properties = assembly.resources[name]["Properties"]
    return found


def failures_of(assembly: Assembly, variable: str) -> str:
    redrive = properties(assembly, queue_of(assembly, variable))["RedrivePolicy"]
    return logical_id(redrive["deadLetterTargetArn"])


def alarm(assembly: Assembly, metric: str, queue: str) -> Properties:
    dimensions = [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]
    alarms = assembly.of_type("AWS::CloudWatch::Alarm").values()
    (found,) = (a for a in alarms if a["MetricName"] == metric and a["Dimensions"] == dimensions)
    return found


@pytest.mark.parametrize("variable", WORKERS)
def test_a_message_is_hidden_for_much_longer_than_its_worker_may_work(deployed: Assembly, variable: str) -> None:
    worker = deployed.functions()[WORKERS[variable][0]]
    assert properties(deployed, queue_of(deployed, variable))["VisibilityTimeout"] >= 6 * worker["Timeout"]


@pytest.mark.parametrize("variable", WORKERS)
def test_the_worker_is_handed_a_few_messages_and_says_which_failed(deployed: Assembly, variable: str) -> None:
    name, sizes = WORKERS[variable]
    queue = queue_of(deployed, variable)
    mappings = deployed.of_type("AWS::Lambda::EventSourceMapping").values()
    (mapping,) = (m for m in mappings if m["EventSourceArn"] == {"Fn::GetAtt": [queue, "Arn"]})
    assert properties(deployed, logical_id(mapping["FunctionName"])) == deployed.functions()[name]
    assert mapping["BatchSize"] in sizes
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2


@pytest.mark.parametrize("variable", WORKERS)
def test_work_at_which_workers_died_is_kept_for_two_weeks_and_told(deployed: Assembly, variable: str) -> None:
    redrive = properties(deployed, queue_of(deployed, variable))["RedrivePolicy"]
    failures = failures_of(deployed, variable)
    assert redrive["maxReceiveCount"] == 5
    assert properties(deployed, failures)["MessageRetentionPeriod"] == 14 * 24 * HOUR_S
    told = alarm(deployed, "ApproximateNumberOfMessagesVisible", failures)
    assert (told["Threshold"], told["Statistic"]) == (1, "Maximum")


@pytest.mark.parametrize("variable", WORKERS)
def test_work_that_nobody_takes_is_told(deployed: Assembly, variable: str) -> None:
    """A message may be held back for a quarter of an hour on purpose."""
    late = alarm(deployed, "ApproximateAgeOfOldestMessage", queue_of(deployed, variable))
    assert 900 < late["Threshold"] <= 2 * HOUR_S


def test_every_queue_is_encrypted_and_takes_no_call_without_tls(deployed: Assembly) -> None:
    queues = deployed.of_type("AWS::SQS::Queue")
    refused = {
        logical_id(queue)
        for policy in deployed.of_type("AWS::SQS::QueuePolicy").values()
        for queue in policy["Queues"]
        for statement in policy["PolicyDocument"]["Statement"]
        if (statement["Effect"], statement["Action"], statement["Condition"])
        == ("Deny", "sqs:*", {"Bool": {"aws:SecureTransport": "false"}})
    }
    assert refused == queues.keys()
    assert all(queue["SqsManagedSseEnabled"] for queue in queues.values())


def test_no_queue_is_in_order(deployed: Assembly) -> None:
    """Groups of messages make a standard queue fair; in one with an order they would hold each other up."""
    assert not [queue for queue in deployed.of_type("AWS::SQS::Queue").values() if "FifoQueue" in queue]
