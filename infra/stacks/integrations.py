"""Shops and CRMs are connected and looked at: the function of the API, and where webhooks are sent to."""

from typing import TYPE_CHECKING

from aws_cdk import CfnCondition, CfnParameter, Fn, Token

from customerhub import deployment
from infra.constructs.credentials import acknowledge_any_credentials, keep_credentials
from infra.constructs.function import HubFunction
from infra.constructs.table_access import access, search
from infra.stacks import outputs

if TYPE_CHECKING:
    from infra.stacks.hub_stack import HubStack


class Integrations:
    """Made once, in `hub`, which has its tables, its queues, its topic of alerts and the club already. `api_functions`
    serve routes."""

    def __init__(self, hub: "HubStack") -> None:
        self._hub = hub
        self.api_functions = {deployment.INTEGRATIONS: self._integrations_function()}

    def tell_public_url(self, endpoint: str) -> None:
        """Tell those who have webhooks sent to the hub where it is: at the stack's parameter, and where that is empty
        at the API's own `endpoint`."""
        parameter = CfnParameter(
            self._hub,
            outputs.PUBLIC_URL,
            default="",
            allowed_pattern="(https?://[^/?#]+)?",
            description="The base URL that shops send their webhooks to; empty: the API's own.",
        )
        is_given = CfnCondition(
            self._hub, "HasPublicUrl", expression=Fn.condition_not(Fn.condition_equals(parameter.value_as_string, ""))
        )
        url = Token.as_string(Fn.condition_if(is_given.logical_id, parameter.value_as_string, endpoint))
        for function in (*self.api_functions.values(), self._hub.club.workers[deployment.JOB_WORKER]):
            function.add_environment(deployment.PUBLIC_URL_VARIABLE, url)

    def _integrations_function(self) -> HubFunction:
        # A platform is asked, and given as long as API Gateway waits.
        hub = self._hub
        function = hub.function(
            deployment.INTEGRATIONS,
            timeout_s=29,
            memory_mb=1024,
            environment={
                **hub.tables(),
                deployment.JOBS_QUEUE_VARIABLE: hub.club.jobs.queue_url,
                deployment.RUNS_QUEUE_VARIABLE: hub.runs_queue.queue_url,
                deployment.DELIVERIES_QUEUE_VARIABLE: hub.deliveries.queue_url,
                deployment.ALERTS_TOPIC_VARIABLE: hub.alerts.topic_arn,
            },
            statements=[
                access(
                    hub.work,
                    ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"],
                    deployment.TENANT_KEYS,
                ),
                access(hub.work, ["GetItem", "PutItem"], deployment.SHOP_KEYS),
                search(hub.work, [deployment.BY_LIST], deployment.DELIVERY_LIST_KEYS),
                search(hub.work, [deployment.BY_LIST], deployment.RUN_LIST_KEYS),
                hub.club.jobs.sending(),
                hub.runs_queue.sending(),
                hub.deliveries.sending(),
                hub.alerts.publishing(),
                keep_credentials(),
            ],
        )
        acknowledge_any_credentials(function.role)
        return function
