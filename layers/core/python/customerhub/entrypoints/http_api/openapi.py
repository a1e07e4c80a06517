"""The OpenAPI 3.1 document, generated from the routes and their models."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from customerhub.entrypoints.http_api.models import Body, ErrorBody
from customerhub.entrypoints.http_api.route import Documented, Parameter, Route

REFERENCE = "#/components/schemas/{model}"


class GatewayError(Body):
    """What API Gateway answers by itself, before any function runs."""

    message: str = Field(examples=["Unauthorized"])


ERRORS = {
    400: ("The body is not JSON.", "malformed_json", "Invalid JSON: expected value at line 1 column 1"),
    401: ("No credential, or not a good one; `code` says which.", "token_expired", "the token has expired"),
    403: ("The credential does not allow this.", "insufficient_scope", "this credential lacks a scope"),
    404: ("There is no such thing, or none that this caller may know of.", "not_found", "there is no such customer"),
    410: ("The person was erased.", "person_erased", "this person asked to be forgotten"),
    413: ("The body is too large.", "request_too_large", "the body is longer than 65536 bytes"),
    422: ("A field cannot be accepted; `field` names it.", "invalid_email", "not a valid e-mail address"),
    429: ("A rate limit is used up; `Retry-After` says for how many seconds.", "rate_limited", "try again later"),
    500: ("A fault on our side, logged under the request id.", "internal_error", "something went wrong on our side"),
    503: ("A fault of the moment; try again after `Retry-After` seconds.", "try_again", "DynamoDB was not reached"),
}
"""What any route may answer: when, and an example's code and message."""
RATE_HEADERS = {
    "RateLimit-Limit": "Calls a minute about this person.",
    "RateLimit-Remaining": "Calls left in this minute.",
    "RateLimit-Reset": "Seconds until the next minute.",
    "RateLimit-Policy": "The limit about one person, then the credential's ceiling.",
}
SECURITY_SCHEMES = {
    "serviceKey": {"type": "http", "scheme": "bearer", "description": "A service key, of a chatbot or a backend."},
    "userToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the tenant's identity provider, of a user or of staff.",
    },
}
REQUEST_ID = "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b"
INFO = {
    "title": "Customer Hub",
    "version": "1",
    "description": "One customer, known once, however they arrive. The tenant is that of the credential.",
}


def openapi_document(routes: Iterable[Route[Any]]) -> dict[str, Any]:
    """The whole document; paths and schemas are those that the routes are served with."""
    routes = tuple(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in SECURITY_SCHEMES],
        "paths": paths,
        "components": {"securitySchemes": SECURITY_SCHEMES, "schemas": _schemas(routes)},
    }


def _schemas(routes: tuple[Route[Any], ...]) -> dict[str, Any]:
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (ErrorBody, "serialization"),
        (GatewayError, "serialization"),
    ]
    models += [(route.body, "validation") for route in routes if route.body]
    models += [(answer.model, "serialization") for route in routes for answer in route.answers.values()]
    _, definitions = models_json_schema(models, ref_template=REFERENCE)
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _operation(route: Route[Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handle.__name__,
        "tags": [route.tag],
        "summary": route.summary,
        "description": route.description,
        "parameters": [
            *_parameters(route.path_parameters, "path"),
            *_parameters(route.query, "query"),
            *_parameters(route.headers, "header"),
        ],
        "responses": {
            **{str(status): _answer(answer) for status, answer in route.answers.items()},
            **{str(status): _error(status, *described) for status, described in ERRORS.items()},
        },
    }
    if route.body:
        operation["requestBody"] = {"required": True, "content": _json(_reference(route.body), route.body_examples)}
    return operation


_TEXT = {"type": "string", "minLength": 1}


def _parameters(parameters: Mapping[str, Parameter], where: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": where,
            "required": where == "path",
            "description": parameter.description,
            "schema": parameter.schema if "type" in parameter.schema else {**_TEXT, **parameter.schema},
        }
        for name, parameter in parameters.items()
    ]


def _answer(answer: Documented) -> dict[str, Any]:
    content = _json(_reference(answer.model), answer.examples)
    return {"description": answer.when, "headers": _headers(RATE_HEADERS), "content": content}


def _error(status: int, when: str, code: str, message: str) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    example = ErrorBody(error=title, code=code, message=message, request_id=REQUEST_ID).model_dump(exclude_none=True)
    schema = {"anyOf": [_reference(ErrorBody), _reference(GatewayError)]}
    response: dict[str, Any] = {"description": when, "content": _json(schema, {code: example})}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        response["headers"] = _headers({"Retry-After": "Seconds to wait."})
    return response


def _headers(described: dict[str, str]) -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in described.items()}


def _json(schema: dict[str, Any], examples: Any = ()) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": schema}
    if examples:
        content["examples"] = {name.replace(" ", "-"): {"summary": name, "value": examples[name]} for name in examples}
    return {"application/json": content}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}
