"""The HTTP API: the routes that `deployment` names, their authorizer, limits and access log."""

import json
from collections.abc import Mapping, Sequence

import jsii
from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_authorizers import HttpLambdaAuthorizer, HttpLambdaResponseType
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from customerhub import deployment
from infra.constructs.function import LOG_RETENTION

AUTHORIZER_CACHE = Duration.seconds(60)
"""How long a revoked key can still be let in."""

PUBLIC = {
    deployment.API_DOCS: "The description of the API is public: it reads no table and shows nobody's data.",
    deployment.WEBHOOKS: "Platforms have no credential of ours: the function checks their signature over the raw "
    "bytes, or the secret that their address holds, before anything is stored, and answers nothing but that it did.",
}
"""Functions whose routes have no authorizer, and why."""

THROTTLE = http.ThrottleSettings(rate_limit=1000, burst_limit=500)
"""Calls a second, and at once: half of the 1,000 functions that an account runs at a time, as each call may run two."""

ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "responseLatency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationStatus": "$context.integrationStatus",
    "authorizerError": "$context.authorizer.error",
}
"""No path, query string, address or message of a function, and nothing that the authorizer returned: all of these
are personal data or may hold some."""


class HubApi(http.HttpApi):
    """The routes of `deployment.HTTP_ROUTES` on one default stage, each served by its function of `functions`.

    Pages of `cors_origins` may call it from a browser, never with cookies.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Mapping[str, lambda_.Function],
        authorizer: lambda_.Function,
        cors_origins: Sequence[str],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description="Customer Hub",
            create_default_stage=False,
            cors_preflight=_cors(cors_origins),
        )
        self._add_routes(functions, _authorizer(authorizer))
        _add_stage(self)

    def _add_routes(self, functions: Mapping[str, lambda_.Function], authorizer: http.IHttpRouteAuthorizer) -> None:
        integrations = {
            name: HttpLambdaIntegration(f"{name}-integration", function) for name, function in functions.items()
        }
        for route in deployment.HTTP_ROUTES:
            added = self.add_routes(
                path=route.path,
                methods=[http.HttpMethod[route.method]],
                integration=integrations[route.function],
                authorizer=authorizer if route.authorized else None,
            )
            if not route.authorized:
                _acknowledge_public(added, PUBLIC[route.function])


def _acknowledge_public(routes: Sequence[http.HttpRoute], reason: str) -> None:
    for route in routes:
        Validations.of(route).acknowledge(Acknowledgment(id="AwsSolutions-APIG4", reason=reason))


def _authorizer(function: lambda_.Function) -> HttpLambdaAuthorizer:
    return HttpLambdaAuthorizer(
        "authorizer",
        function,
        identity_source=["$request.header.Authorization"],
        response_types=[HttpLambdaResponseType.SIMPLE],
        results_cache_ttl=AUTHORIZER_CACHE,
    )


def _cors(origins: Sequence[str]) -> http.CorsPreflightOptions:
    return http.CorsPreflightOptions(
        allow_origins=list(origins),
        allow_methods=[http.CorsHttpMethod[method] for method in sorted({r.method for r in deployment.HTTP_ROUTES})],
        allow_headers=list(deployment.ALLOWED_HEADERS),
        expose_headers=list(deployment.EXPOSED_HEADERS),
        max_age=Duration.hours(1),
    )


@jsii.implements(http.IAccessLogSettings)
class _AccessLog:
    """Each call as one line of JSON in `log_group`."""

    def __init__(self, log_group: logs.LogGroup) -> None:
        self._destination = http.LogGroupLogDestination(log_group)

    @property
    def destination(self) -> http.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> apigateway.AccessLogFormat:
        return apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG_FIELDS))


def _add_stage(api: HubApi) -> None:
    log_group = logs.LogGroup(api, "AccessLog", retention=LOG_RETENTION, removal_policy=RemovalPolicy.DESTROY)
    http.HttpStage(
        api,
        "Stage",
        http_api=api,
        auto_deploy=True,
        throttle=THROTTLE,
        access_log_settings=_AccessLog(log_group),
    )
