"""The OpenAPI document tells the truth about the running API."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from customerhub.deployment import HTTP_ROUTES, HttpRoute
from infra.local.hub import Hub

AUTHORIZED = [route for route in HTTP_ROUTES if route.authorized]
NEED_WHAT_EXISTS = ("/api/verifications", "/api/enrollments", "/api/enrollments/bulk", "/api/integrations")
UNREACHABLE = {("POST", "/api/integrations"): [503]}
"""Asks a platform that made-up data cannot reach."""
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5XX"]
"""Of bad data. Schemathesis knows all but the 413 for what is too long."""
CALLS = 150
"""Of each route, with good and with bad data each; one takes about 25 ms."""


@pytest.fixture(scope="module")
def document(stack: Hub) -> dict[str, Any]:
    response = httpx.get(f"{stack.base_url}/openapi.json", trust_env=False, timeout=60)
    served: dict[str, Any] = response.raise_for_status().json()
    return served


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_route_that_is_served_is_documented(document: dict[str, Any]) -> None:
    documented = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert documented == {(route.method, route.path) for route in AUTHORIZED}


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    examples = list(examples_in(document))
    assert len(examples) > 10
    root = {"components": document["components"]}
    for schema, example in examples:
        errors = Draft202012Validator({**root, **schema}).iter_errors(example)
        assert [error.message for error in errors] == [], example


def examples_in(node: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Every example below `node`, with its schema: a media type names its examples, a schema lists its own."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    found = node.get("examples", []) if isinstance(node, dict) else []
    if isinstance(found, dict):
        yield from ((node["schema"], named["value"]) for named in found.values())
    else:
        yield from ((node, example) for example in found)
    for child in children:
        yield from examples_in(child)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("route", AUTHORIZED, ids=lambda route: route.path)
def test_the_api_answers_as_documented(
    stack: Hub, document: dict[str, Any], route: HttpRoute, mode: GenerationMode
) -> None:
    """No 5xx, no undocumented status, every body as its schema says; bad data is refused, by field.

    What a schema cannot say makes good data bad: which phones can be called, that one identifier is needed.
    """
    allowed = ["2XX", "4XX", *UNREACHABLE.get((route.method, route.path), [])]
    expected = {"not_a_server_error": allowed, "negative_data_rejection": REFUSALS}
    checks = {check: {"expected-statuses": statuses} for check, statuses in expected.items()}
    api = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict({"checks": checks}))
    statuses = set()

    @settings(max_examples=CALLS, derandomize=True, deadline=None)
    @given(case=api[route.path][route.method].as_strategy(generation_mode=mode))
    def answers_as_documented(case: Case[Any]) -> None:
        response = case.call_and_validate(
            base_url=stack.base_url,
            headers={"Authorization": f"Bearer {stack.tenants[0].service_key}"},
            excluded_checks=[positive_data_acceptance],
        )
        statuses.add(response.status_code)
        if response.status_code in (400, 413, 422):
            assert response.json()["field"]
        if response.status_code == 503:
            assert response.json()["code"] == "try_again"

    answers_as_documented()
    assert 401 not in statuses
    has_come_through = bool(statuses & {200, 201})
    assert has_come_through or mode is GenerationMode.NEGATIVE or route.method == "GET" or needs_what_exists(route)


def needs_what_exists(route: HttpRoute) -> bool:
    """Whether made-up data does not come through: no id is one that exists, no text an address to write to."""
    return "{" in route.path or route.path in NEED_WHAT_EXISTS
