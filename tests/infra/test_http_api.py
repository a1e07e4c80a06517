"""The HTTP API serves what `deployment` lists, to whom it says, and logs nothing personal."""

import json

from customerhub import deployment
from tests.infra.assembly import Assembly, Properties, logical_id


def test_every_route_has_its_function_and_its_authorizer(deployed: Assembly) -> None:
    assert {served(deployed, route) for route in deployed.of_type("AWS::ApiGatewayV2::Route").values()} == {
        (f"{route.method} {route.path}", route.function, route.authorized) for route in deployment.HTTP_ROUTES
    }


def served(assembly: Assembly, route: Properties) -> tuple[str, str, bool]:
    integration = assembly.resources[logical_id(route["Target"])]["Properties"]
    function = assembly.resources[logical_id(integration["IntegrationUri"])]["Properties"]
    authorized = route["AuthorizationType"] == "CUSTOM" and "AuthorizerId" in route
    return route["RouteKey"], function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"], authorized


def test_the_authorizer_sees_the_header_that_its_answers_are_cached_by(deployed: Assembly) -> None:
    (authorizer,) = deployed.of_type("AWS::ApiGatewayV2::Authorizer").values()
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert authorizer["AuthorizerPayloadFormatVersion"] == "2.0"
    assert authorizer["EnableSimpleResponses"] is True
    assert 0 < authorizer["AuthorizerResultTtlInSeconds"] <= 60


def test_pages_of_other_origins_may_call_but_never_with_cookies(deployed: Assembly) -> None:
    (api,) = deployed.of_type("AWS::ApiGatewayV2::Api").values()
    cors = api["CorsConfiguration"]
    assert not cors.get("AllowCredentials")
    assert cors["AllowHeaders"] == [*deployment.ALLOWED_HEADERS]
    assert cors["ExposeHeaders"] == [*deployment.EXPOSED_HEADERS]


def test_calls_are_limited(deployed: Assembly) -> None:
    (stage,) = deployed.of_type("AWS::ApiGatewayV2::Stage").values()
    limits = stage["DefaultRouteSettings"]
    assert 0 < limits["ThrottlingBurstLimit"] <= limits["ThrottlingRateLimit"] <= 1000


def test_invariant_8_the_access_log_holds_no_personal_data(deployed: Assembly) -> None:
    (stage,) = deployed.of_type("AWS::ApiGatewayV2::Stage").values()
    logged = set(json.loads(stage["AccessLogSettings"]["Format"]).values())
    assert logged <= {
        "$context.requestId",
        "$context.routeKey",
        "$context.status",
        "$context.responseLatency",
        "$context.integrationLatency",
        "$context.integrationStatus",
        "$context.authorizer.error",
    }


def test_a_function_ends_before_the_gateway_gives_up(deployed: Assembly) -> None:
    functions = deployed.functions()
    assert functions[deployment.AUTHORIZER]["Timeout"] < 10
    for name in {route.function for route in deployment.HTTP_ROUTES}:
        assert functions[name]["Timeout"] < 30
