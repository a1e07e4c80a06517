"""What the hub does by itself happens as often as it should, and nobody else may start it."""

import json

from customerhub import deployment
from tests.infra.assembly import Assembly, logical_id

TASKS = {
    deployment.FINISH_ERASURES: (deployment.CLEANUP, "rate(1 minute)"),
    deployment.WORK_DUTIES: (deployment.CLEANUP, "rate(1 minute)"),
    deployment.CLEAN_QUIET_CUSTOMERS: (deployment.CLEANUP, "rate(1 hour)"),
    deployment.START_PULLS: (deployment.INTEGRATION_CARE, "rate(1 hour)"),
    deployment.START_COMPARISONS: (deployment.INTEGRATION_CARE, "rate(1 day)"),
    deployment.CHECK_INTEGRATIONS: (deployment.INTEGRATION_CARE, "rate(1 hour)"),
    deployment.SWEEP_JOBS: (deployment.JOB_SWEEP, "rate(1 minute)"),
}


def test_every_task_has_its_function_and_its_time(deployed: Assembly) -> None:
    functions, found = deployed.functions(), {}
    for name, rule in deployed.of_type("AWS::Events::Rule").items():
        (target,) = rule["Targets"]
        called = deployed.resources[logical_id(target["Arn"])]["Properties"]
        (function,) = (known for known, properties in functions.items() if properties == called)
        found[json.loads(target["Input"])["task"]] = (function, rule["ScheduleExpression"])
        assert rule["State"] == "ENABLED"
        assert sum(may_call(deployed, name)) == 1
    assert found == {task.name: expected for task, expected in TASKS.items()}


def may_call(assembly: Assembly, rule: str) -> list[bool]:
    """Of each permission to call a function, whether it is this rule's."""
    permissions = assembly.of_type("AWS::Lambda::Permission").values()
    return [p.get("SourceArn") == {"Fn::GetAtt": [rule, "Arn"]} for p in permissions]
