"""`GET /api/analytics/…`: what a tenant's customers are like, in figures."""

from customerhub.app import AnalyticsApp
from customerhub.domain.reports import AccountCount, QualityReport, Share
from customerhub.entrypoints.http_api import analytics_examples as examples
from customerhub.entrypoints.http_api.analytics_models import (
    DayBody,
    MergesResponse,
    QualityResponse,
    ShareBody,
    SourceSetBody,
    SourcesResponse,
)
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Request, Response, Route
from customerhub.ports import RateVerdict
from customerhub.services.report_merges import report_merges
from customerhub.services.report_quality import report_quality
from customerhub.services.report_sources import report_sources

TAG = "Analytics"
FRESHNESS = "As of some seconds ago. For staff and service keys with the scope customers:read."


def read_sources(app: AnalyticsApp, request: Request) -> Response:
    """Answer one call."""

    def work(_: RateVerdict) -> Response:
        report = report_sources(request.caller, statistics=app.statistics)
        body = SourcesResponse(
            total_customers=report.total,
            average_platforms=report.average_platforms,
            sources=[SourceSetBody(account_sources=list(found.sources), **vars(found.share)) for found in report.sets],
        )
        return Response(200, body.model_dump_json())

    return rated(app, request, None, work)


def read_merges(app: AnalyticsApp, request: Request) -> Response:
    """Answer one call."""

    def work(_: RateVerdict) -> Response:
        report = report_merges(request.caller, statistics=app.statistics, clock=app.clock)
        days = [DayBody(date=day, **_accounts(count)) for day, count in report.days]
        return Response(200, MergesResponse(days=days, **_accounts(report.total)).model_dump_json())

    return rated(app, request, None, work)


def read_quality(app: AnalyticsApp, request: Request) -> Response:
    """Answer one call."""

    def work(_: RateVerdict) -> Response:
        report = report_quality(request.caller, statistics=app.statistics)
        return Response(200, _quality(report).model_dump_json())

    return rated(app, request, None, work)


def _accounts(count: AccountCount) -> dict[str, float]:
    return {"total": count.total, "merged_accounts": count.merged, "merge_percentage": count.merge_percentage}


def _quality(report: QualityReport) -> QualityResponse:
    return QualityResponse(
        total_customers=report.total,
        complete=_share(report.complete),
        email_only=_share(report.email_only),
        phone_only=_share(report.phone_only),
        incomplete=_share(report.incomplete),
    )


def _share(share: Share) -> ShareBody:
    return ShareBody(customers=share.customers, percentage=share.percentage)


READ_SOURCES = Route(
    "GET",
    "/api/analytics/sources",
    read_sources,
    summary="Customers by where they came from",
    description=f"Live customers by the set of all sources that each has come by. {FRESHNESS}",
    answers={200: Documented("The sets.", SourcesResponse, examples.SOURCES)},
    tag=TAG,
)

READ_MERGES = Route(
    "GET",
    "/api/analytics/merges",
    read_merges,
    summary="Accounts by day, and how many were merged",
    description=(
        "Accounts by the day of their creation, UTC, over the last 30 days, and how many of them turned out to be "
        f"somebody's second one and were merged since. {FRESHNESS}"
    ),
    answers={200: Documented("The days.", MergesResponse, examples.MERGES)},
    tag=TAG,
)

READ_QUALITY = Route(
    "GET",
    "/api/analytics/quality",
    read_quality,
    summary="Customers by how they can be reached",
    description=f"Live customers with an e-mail and a phone, with one of the two, with neither. {FRESHNESS}",
    answers={200: Documented("The shares.", QualityResponse, examples.QUALITY)},
    tag=TAG,
)
