"""The inbox of webhooks: the functions that take them in, over HTTPS and EventBridge, and the one that works them."""

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from aws_cdk.aws_events_targets import SqsQueue

from customerhub import deployment
from infra.constructs.credentials import acknowledge_any_credentials, read_credentials, use_credentials
from infra.constructs.function import HubFunction
from infra.constructs.queues import Batches, QueueWorker, WorkQueue
from infra.constructs.table_access import access, search

if TYPE_CHECKING:
    from infra.stacks.hub_stack import HubStack

EVENTS_TIMEOUT_S = 20
DELIVERY_WORKER_TIMEOUT_S = 120
"""A platform may take half a minute over one call, and a merge is read again by two or three."""
EVENT_BATCHES = Batches(size=10, at_once=50)
"""Storing an event takes some milliseconds: what one shop sends at once is stored before another's has waited for
long."""
DELIVERY_BATCHES = Batches(size=1, at_once=20)
"""One at a time: a shop that is slow must not hold up what came in the same batch."""


def deliveries_queue(hub: "HubStack") -> WorkQueue:
    """Returns the queue of webhooks that are to be worked."""
    return WorkQueue(hub, "Deliveries", worker_timeout_s=DELIVERY_WORKER_TIMEOUT_S)


class Intake:
    """Made once, in `hub`, which has its tables, its queues and the club already. `api_functions` serve routes,
    `workers` are called by queues. With `event_source`, the name of Shopify's partner event source, what comes over it
    is taken in too."""

    def __init__(self, hub: "HubStack", *, event_source: str | None = None) -> None:
        self._hub = hub
        self.events = WorkQueue(hub, "WebhookEventsQueue", worker_timeout_s=EVENTS_TIMEOUT_S)
        self.api_functions = {deployment.WEBHOOKS: self._webhooks_function()}
        self.workers = {
            deployment.WEBHOOK_EVENTS: self._webhook_events_function(),
            deployment.DELIVERY_WORKER: self._delivery_worker_function(),
        }
        if event_source:
            _follow(hub, event_source, self.events)

    def _webhooks_function(self) -> HubFunction:
        # Shopify waits five seconds for an answer. More memory is more CPU: a cold start must come through in that.
        return self._inbox_function(deployment.WEBHOOKS, timeout_s=10, memory_mb=1024)

    def _webhook_events_function(self) -> HubFunction:
        function = self._inbox_function(deployment.WEBHOOK_EVENTS, timeout_s=EVENTS_TIMEOUT_S, memory_mb=512)
        QueueWorker(self._hub, "WebhookEventsMapping", queue=self.events, function=function, batches=EVENT_BATCHES)
        return function

    def _inbox_function(self, name: str, *, timeout_s: int, memory_mb: int) -> HubFunction:
        """It sees whose an account is, the integration and its credentials, and may write deliveries alone."""
        work = self._hub.work
        function = self._hub.function(
            name,
            timeout_s=timeout_s,
            memory_mb=memory_mb,
            environment={deployment.WORK_TABLE_VARIABLE: work.table_name, **self._variable()},
            statements=[
                access(work, ["GetItem"], deployment.SHOP_KEYS),
                access(work, ["GetItem"], deployment.INTEGRATION_KEYS),
                access(work, ["PutItem"], deployment.DELIVERY_KEYS),
                self._hub.deliveries.sending(),
                *([self.events.working()] if name == deployment.WEBHOOK_EVENTS else []),
                read_credentials(),
            ],
        )
        acknowledge_any_credentials(function.role)
        return function

    def _delivery_worker_function(self) -> HubFunction:
        hub = self._hub
        people = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"]
        work = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"]
        function = hub.function(
            deployment.DELIVERY_WORKER,
            timeout_s=DELIVERY_WORKER_TIMEOUT_S,
            memory_mb=1024,
            environment={
                **hub.tables(),
                **self._variable(),
                deployment.JOBS_QUEUE_VARIABLE: hub.club.jobs.queue_url,
                deployment.ALERTS_TOPIC_VARIABLE: hub.alerts.topic_arn,
            },
            statements=[
                access(hub.customers, people, deployment.TENANT_KEYS),
                search(hub.customers, [deployment.BY_RECORD], deployment.TENANT_KEYS),
                access(hub.work, work, deployment.TENANT_KEYS),
                access(hub.work, ["GetItem"], deployment.TENANT_SETTINGS_KEYS),
                hub.deliveries.sending(),
                hub.deliveries.working(),
                hub.club.jobs.sending(),
                hub.alerts.publishing(),
                use_credentials(),
            ],
        )
        acknowledge_any_credentials(function.role)
        QueueWorker(hub, "DeliveriesMapping", queue=hub.deliveries, function=function, batches=DELIVERY_BATCHES)
        return function

    def _variable(self) -> dict[str, str]:
        return {deployment.DELIVERIES_QUEUE_VARIABLE: self._hub.deliveries.queue_url}


def _follow(hub: "HubStack", event_source: str, queue: WorkQueue) -> None:
    """Has everything that comes over the source put into `queue`. A partner's source has a bus of its own, of the same
    name (Amazon EventBridge user guide, "Receiving events from a SaaS partner", 2026-10)."""
    bus = events.EventBus(hub, "ShopifyEvents", event_source_name=event_source)
    rule = events.Rule(
        hub,
        "ShopifyEventsRule",
        description="Customer Hub: webhooks of Shopify",
        event_bus=bus,
        event_pattern=events.EventPattern(source=[event_source]),
    )
    # A group for each shop makes the queue fair. Should EventBridge take the path for the group's name, all are in one
    # group, which is as fair as none.
    shop = events.EventField.from_path("$.detail.metadata.X-Shopify-Shop-Domain")
    rule.add_target(SqsQueue(queue, message_group_id=shop))
