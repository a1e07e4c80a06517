"""Integrations as JSON."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from customerhub.domain.alert import Alert
from customerhub.domain.feed import Drift
from customerhub.domain.run import Run
from customerhub.entrypoints.http_api.models import Body, RequestBody
from customerhub.entrypoints.http_api.run_models import RecordCounts, record_counts
from customerhub.services.disconnect_integration import KEPT, Disconnected
from customerhub.services.view_integrations import IntegrationView

IntegrationIdText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Account = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Credential = Annotated[str, StringConstraints(max_length=4096)]
PlatformName = Literal["commerce7", "shopify"]
IntakeName = Literal["https", "eventbridge"]


class IntegrationRequest(RequestBody):
    """A shop or CRM to connect, or to connect anew. Where the hub reaches it cannot be stated."""

    platform: PlatformName
    id: IntegrationIdText | None = Field(
        None, description="Of your choice, for several of one platform; without it the platform's name."
    )
    account: Account = Field(
        description="What the platform knows you by: the shop's domain, the Commerce7 tenant.",
        examples=["my-winery.myshopify.com"],
    )
    credentials: dict[str, Credential | None] = Field(
        description=(
            "Shopify: `accessToken` and `webhookSecret`, or `clientId` and `clientSecret`, with `refreshToken` and "
            "`expiresAt` beside an access token that expires. Commerce7: `appId` and `appSecret`, with `webhookUser` "
            "and `webhookPassword` where its webhooks were set up with them. Kept in Secrets Manager, and never shown."
        )
    )
    intake: IntakeName = Field("https", description="How webhooks come; Shopify's can come by EventBridge.")
    event_source: Annotated[str, StringConstraints(max_length=300)] | None = Field(
        None, description="The ARN of Shopify's EventBridge source, for the intake `eventbridge`."
    )


class RunSummary(Body):
    """A run in short; `GET /api/runs/{runId}` tells the rest."""

    id: str
    kind: Literal["pull", "compare"]
    status: Literal["running", "completed", "cancelled", "failed"]
    started_at: AwareDatetime
    finished_at: AwareDatetime | None
    counts: RecordCounts


class DriftBody(Body):
    """What the last comparison of both sides found, before it was repaired."""

    run_id: str
    compared_at: AwareDatetime
    compared: int
    only_in_shop: int
    only_in_hub: int
    different: int
    score: float = Field(description="The part that was not equal, from 0 to 1.")


class WebhookHealth(Body):
    """How the integration's webhooks are."""

    url: str | None = Field(description="Where they are reported to; null before that was arranged.")
    checked_at: AwareDatetime | None = Field(description="When the subscriptions were last looked at: every hour.")
    topics: list[str] = Field(description="What is reported there, by the platform's names, when last looked at.")
    missing: list[str] = Field(description="Topics that the platform refuses to report.")
    last_delivery_at: AwareDatetime | None
    waiting: int = Field(description="Webhooks that wait to be worked; counted up to 1,000.")
    oldest_waiting_at: AwareDatetime | None
    parked: int = Field(description="Those that a person must look at; counted up to 1,000.")


class AlertBody(Body):
    """Something that is wrong."""

    kind: Literal["failing", "parked", "drift", "credentials", "webhooks", "duty"]
    detail: str
    raised_at: AwareDatetime


class IntegrationBody(Body):
    """A shop or CRM, and how it is."""

    id: str
    platform: PlatformName
    account: str
    active: bool = Field(description="Whether anything is exchanged with it.")
    intake: IntakeName
    event_source: str | None
    connected_at: AwareDatetime
    last_sync_at: AwareDatetime | None = Field(description="When a pull was last completed.")
    failures: int = Field(description="Pulls in a row that have failed since.")
    failure_reason: str | None = Field(description="Why the last of these did.")
    running: RunSummary | None = Field(description="The run that is under way.")
    last_run: RunSummary | None = Field(description="The run that was completed last.")
    drift: DriftBody | None = Field(description="Null before the first daily comparison.")
    webhooks: WebhookHealth
    alerts: list[AlertBody]


class IntegrationResponse(Body):
    """One integration."""

    integration: IntegrationBody


class IntegrationsResponse(Body):
    """All integrations, by their ids."""

    integrations: list[IntegrationBody]


class Stopped(Body):
    """What has ended."""

    run: str | None = Field(description="The run that was under way: it ends after its page.")
    webhooks: bool = Field(description="Whether the platform sends none any more; if it does, they are not taken in.")
    webhooks_reason: str | None = Field(description="Why it still does.")
    jobs: str = "those that wait are skipped, and owed again once it is connected"
    deliveries: str = "those that wait are skipped"
    pulls: str = "there are none any more"


class DisconnectedResponse(Body):
    """The integration, what was stopped, and what was kept."""

    integration: IntegrationBody
    stopped: Stopped
    kept: list[str] = Field(examples=[list(KEPT)])


def integration_body(view: IntegrationView) -> IntegrationBody:
    """The body of an integration. Its credentials and its endpoint are shown to nobody."""
    one, figures, care = view.integration, view.deliveries, view.care
    return IntegrationBody(
        id=one.id,
        platform=one.platform.value,
        account=one.account,
        active=one.active,
        intake=one.intake.value,
        event_source=one.event_source,
        connected_at=one.connected_at,
        last_sync_at=view.pulls.last_sync_at,
        failures=view.pulls.failures,
        failure_reason=view.pulls.reason,
        running=_run_body(view.run) if view.run else None,
        last_run=_run_body(view.last_run) if view.last_run else None,
        drift=_drift_body(view.drift) if view.drift else None,
        webhooks=WebhookHealth(
            url=care.url,
            checked_at=care.checked_at,
            topics=list(care.topics),
            missing=list(care.missing),
            last_delivery_at=figures.last_received_at,
            waiting=figures.waiting,
            oldest_waiting_at=figures.oldest_received_at,
            parked=figures.parked,
        ),
        alerts=[_alert_body(alert) for alert in view.alerts],
    )


def disconnected_body(disconnected: Disconnected, view: IntegrationView) -> DisconnectedResponse:
    """The body of what a disconnection came to."""
    stopped = Stopped(
        run=disconnected.cancelled_run,
        webhooks=disconnected.webhooks_removed,
        webhooks_reason=disconnected.webhooks_reason,
    )
    return DisconnectedResponse(integration=integration_body(view), stopped=stopped, kept=list(KEPT))


def _run_body(run: Run) -> RunSummary:
    return RunSummary(
        id=run.id,
        kind=run.kind.value,
        status=run.status.value,
        started_at=run.started_at,
        finished_at=run.finished_at,
        counts=record_counts(run.total),
    )


def _drift_body(drift: Drift) -> DriftBody:
    return DriftBody(
        run_id=drift.run,
        compared_at=drift.compared_at,
        compared=drift.compared,
        only_in_shop=drift.only_in_shop,
        only_in_hub=drift.only_in_hub,
        different=drift.different,
        score=drift.score,
    )


def _alert_body(alert: Alert) -> AlertBody:
    return AlertBody(kind=alert.kind.value, detail=alert.detail, raised_at=alert.raised_at)
