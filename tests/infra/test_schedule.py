"""What the hub does by itself happens as often as it should, and nobody else may start it."""

import json

from customerhub import deployment
from tests.infra.assembly import Assembly, logical_id


def test_every_task_of_the_cleanup_has_its_time(deployed: Assembly) -> None:
    tasks = (deployment.FINISH_ERASURES, deployment.CLEAN_QUIET_CUSTOMERS)
    rules = deployed.of_type("AWS::Events::Rule")
    found = {}
    for name, rule in rules.items():
        (target,) = rule["Targets"]
        found[json.loads(target["Input"])["task"]] = rule["ScheduleExpression"]
        assert deployed.resources[logical_id(target["Arn"])]["Properties"] == deployed.functions()[deployment.CLEANUP]
        assert rule["State"] == "ENABLED"
        assert sum(may_call(deployed, name)) == 1
    assert found == {"finish_erasures": "rate(1 minute)", "clean_quiet_customers": "rate(1 hour)"}
    assert found.keys() == {task.name for task in tasks}


def may_call(assembly: Assembly, rule: str) -> list[bool]:
    """Of each permission to call a function, whether it is this rule's."""
    permissions = assembly.of_type("AWS::Lambda::Permission").values()
    return [p.get("SourceArn") == {"Fn::GetAtt": [rule, "Arn"]} for p in permissions]
