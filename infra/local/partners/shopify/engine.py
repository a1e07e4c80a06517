"""Executes GraphQL on the real schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    get_named_type,
    parse,
    validate,
)
from graphql.execution import ExecutionResult, execute_sync
from graphql.execution.values import VariableValues, get_variable_values

from infra.local.partners.shopify.bucket import Bucket
from infra.local.partners.shopify.cost import actual_cost, requested_cost
from infra.local.partners.shopify.fields.catalogue import FIELDS, INPUTS
from infra.local.partners.shopify.model import Execution, Typed
from infra.local.partners.shopify.preflight import Preflight
from infra.local.partners.shopify.refusals import AccessDenied, NotModelled
from infra.local.partners.shopify.schema import Access, AdminSchema
from infra.local.partners.shopify.selections import Operation
from infra.local.partners.shopify.shop import Shop

KEPT_DOCUMENTS = 500
PROTECTED = {
    "Customer": {
        "addresses",
        "addressesV2",
        "defaultAddress",
        "defaultEmailAddress",
        "defaultPhoneNumber",
        "email",
        "firstName",
        "lastName",
        "phone",
    },
    "Order": {"billingAddress", "email", "phone", "shippingAddress"},
}
"""What an app without approval for protected data of level 2 may not see."""


@dataclass(frozen=True)
class Question:
    """A request's body."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None


@dataclass(frozen=True)
class Answer:
    """An answer's body, and whether the allowance was used up."""

    body: dict[str, Any]
    throttled: bool = False


class Engine:
    """Answers questions about one shop, out of one allowance."""

    def __init__(self, admin: AdminSchema, shop: Shop, bucket: Bucket) -> None:
        self._admin = admin
        self._shop = shop
        self._bucket = bucket
        self._preflight = Preflight(admin, FIELDS, INPUTS)
        self._accesses: dict[tuple[str, str], list[Access]] = {}
        self._document = lru_cache(maxsize=KEPT_DOCUMENTS)(self._read)

    def operations(self, query: str, operation_name: str | None) -> list[str]:
        """The fields that a query starts with; none where it cannot be read."""
        try:
            document = parse(query)
            node = _chosen(document, operation_name)
        except GraphQLError:
            return []
        return [one.name.value for one in node.selection_set.selections if hasattr(one, "name")]

    def answer(self, question: Question) -> Answer:
        """Parse, validate, charge, execute."""
        document, errors = self._document(question.query)
        if errors or document is None:
            return _refused(errors)
        try:
            node = _chosen(document, question.operation_name)
        except GraphQLError as error:
            return _refused([error])
        variables = get_variable_values(self._admin.schema, node.variable_definitions or [], dict(question.variables))
        if isinstance(variables, list):
            return _refused([_invalid_variable(error) for error in variables])
        operation = Operation(self._admin.schema, node, _fragments(document), variables.coerced)
        return self._charged(question, document, operation, variables)

    def execute(self, document: DocumentNode) -> ExecutionResult:
        """Execute what was checked before, and costs nothing: a page of a bulk operation."""
        return self._execute(Question("", {}, None), document)

    def _charged(
        self, question: Question, document: DocumentNode, operation: Operation, variables: VariableValues
    ) -> Answer:
        problems = self._preflight.problems(operation, variables)
        if problems:
            return _refused(problems)
        requested = requested_cost(operation)
        if requested > self._shop.settings.max_query_cost:
            return _too_dear(requested, self._shop.settings.max_query_cost)
        if not self._bucket.take(requested):
            cost = {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": self._bucket.status()}
            return Answer({"errors": [THROTTLED], "extensions": {"cost": cost}}, throttled=True)
        result = self._execute(question, document)
        actual = min(actual_cost(operation, result.data), requested)
        self._bucket.give_back(requested - actual)
        cost = {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": self._bucket.status()}
        return Answer({**_formatted(result), "extensions": {"cost": cost}})

    def _execute(self, question: Question, document: DocumentNode) -> ExecutionResult:
        execution = Execution(self._shop, self._admin.schema, frozenset(self._shop.settings.scopes))
        result = execute_sync(
            self._admin.schema,
            document,
            context_value=execution,
            variable_values=dict(question.variables),
            operation_name=question.operation_name,
            field_resolver=self._resolve,
            type_resolver=lambda value, *_: value.name,
        )
        for error in result.errors or ():
            if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
                # A mistake of the double's own must not pass for an answer of Shopify's.
                raise error.original_error
        return result

    def _resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        execution: Execution = info.context
        self._check_access(execution, info)
        known = FIELDS.get(info.parent_type.name, {}).get(info.field_name)
        if known is None:
            raise NotModelled(f"{info.parent_type.name}.{info.field_name}")
        return known.resolve(execution, source.value if isinstance(source, Typed) else source, arguments)

    def _check_access(self, execution: Execution, info: GraphQLResolveInfo[Any]) -> None:
        for access in self._needed(info):
            if not execution.may(*access.scopes):
                message = f"Access denied for {info.field_name} field. Required access: {access.required}"
                raise AccessDenied(message, access.required)
        if self._shop.settings.protected_data and info.field_name in PROTECTED.get(info.parent_type.name, ()):
            raise AccessDenied(f"This app is not approved to use the {info.field_name} field.")

    def _needed(self, info: GraphQLResolveInfo[Any]) -> list[Access]:
        place = (info.parent_type.name, info.field_name)
        known = self._accesses.get(place)
        if known is None:
            known = self._accesses[place] = self._read_needed(info)
        return known

    def _read_needed(self, info: GraphQLResolveInfo[Any]) -> list[Access]:
        """What the field itself asks for, and what its type does; of a connection the type of its nodes."""
        result = get_named_type(info.return_type)
        if result.name.endswith("Connection") and isinstance(result, GraphQLObjectType) and "edges" in result.fields:
            edge = get_named_type(result.fields["edges"].type)
            result = get_named_type(edge.fields["node"].type) if isinstance(edge, GraphQLObjectType) else result
        scopes = self._admin.scopes
        found = (scopes.get((info.parent_type.name, info.field_name)), scopes.get((result.name, None)))
        return [access for access in found if access is not None]

    def _read(self, query: str) -> tuple[DocumentNode | None, list[GraphQLError]]:
        try:
            document = parse(query)
        except GraphQLError as error:
            return None, [error]
        return document, validate(self._admin.schema, document)


THROTTLED = {
    "message": "Throttled",
    "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
}
CODES = (
    ("Cannot query field", "undefinedField"),
    ("Unknown argument", "argumentNotAccepted"),
    ("is required, but it was not provided", "missingRequiredArguments"),
)


def _refused(errors: list[GraphQLError]) -> Answer:
    """Nothing was executed, and nothing is charged."""
    return Answer({"errors": [_coded(error) for error in errors]})


def _coded(error: GraphQLError) -> dict[str, Any]:
    told: dict[str, Any] = dict(error.formatted)
    if "extensions" not in told:
        code = next((code for words, code in CODES if words in error.message), "invalidDocument")
        told["extensions"] = {"code": code}
    return told


def _invalid_variable(error: GraphQLError) -> GraphQLError:
    return GraphQLError(
        error.message,
        nodes=error.nodes,
        extensions={"code": "INVALID_VARIABLE", "problems": [{"explanation": error.message}]},
    )


def _too_dear(cost: int, limit: int) -> Answer:
    message = f"Query cost is {cost}, which exceeds the single query max cost limit ({limit})."
    extensions = {
        "code": "MAX_COST_EXCEEDED",
        "cost": cost,
        "maxCost": limit,
        "documentation": "https://shopify.dev/api/usage/rate-limits",
    }
    return Answer({"errors": [{"message": message, "extensions": extensions}]})


def _formatted(result: ExecutionResult) -> dict[str, Any]:
    told: dict[str, Any] = {"data": result.data}
    if result.errors:
        told["errors"] = [error.formatted for error in result.errors]
    return told


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    chosen = [one for one in operations if name is None or (one.name is not None and one.name.value == name)]
    if len(chosen) != 1:
        raise GraphQLError("An operation name is required, and must be one of the document's.")
    return chosen[0]
