"""What is checked of a whole operation before any of it is done: that the double knows all of it, and its ids."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLCompositeType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.utilities.coerce_input_value import coerce_default_value

from infra.local.partners.shopify.gids import read_gid
from infra.local.partners.shopify.model import Field, Fields, Inputs
from infra.local.partners.shopify.refusals import BadRequest, NotModelled
from infra.local.partners.shopify.schema import AdminSchema, Place
from infra.local.partners.shopify.selections import Operation, Selected

ANY_KIND = frozenset({"Node"})


class Preflight:
    """Looks through operations."""

    def __init__(self, admin: AdminSchema, fields: Fields, inputs: Inputs) -> None:
        self._admin = admin
        self._fields = fields
        self._inputs = inputs

    def problems(self, operation: Operation, variables: VariableValues) -> list[GraphQLError]:
        """All reasons not to start."""
        return list(self._selections(operation, variables, operation.root, operation.node.selection_set))

    def _selections(
        self,
        operation: Operation,
        variables: VariableValues,
        parent: GraphQLCompositeType,
        selections: SelectionSetNode | None,
    ) -> Iterator[GraphQLError]:
        for field in operation.selected(parent, selections):
            if field.name.startswith("__"):
                continue
            known = self._fields.get(field.parent.name, {}).get(field.name)
            if known is None:
                yield NotModelled(f"{field.parent.name}.{field.name}")
                continue
            yield from self._arguments(field, known, variables)
            result = operation.result_type(field)
            if result is not None:
                yield from self._selections(operation, variables, result, field.node.selection_set)

    def _arguments(self, field: Selected, known: Field, variables: VariableValues) -> Iterator[GraphQLError]:
        if not isinstance(field.parent, GraphQLObjectType | GraphQLInterfaceType):
            return
        definition = field.parent.fields[field.name]
        for name, value in get_argument_values(definition, field.node, variables).items():
            argument = definition.args[name]
            if name in known.arguments:
                yield from self._value(argument.type, value, (field.parent.name, field.name, name))
            elif value not in (None, coerce_default_value(argument)):
                yield NotModelled(f"the argument {name} of {field.parent.name}.{field.name}")

    def _value(self, kind: Any, value: Any, place: Place) -> Iterator[GraphQLError]:
        if value is None:
            return
        if isinstance(kind, GraphQLNonNull):
            yield from self._value(kind.of_type, value, place)
        elif isinstance(kind, GraphQLList):
            for one in value:
                yield from self._value(kind.of_type, one, place)
        elif isinstance(kind, GraphQLInputObjectType):
            yield from self._input(kind, value)
        elif kind.name == "ID":
            yield from self._id(value, self._admin.ids.get(place))

    def _input(self, kind: GraphQLInputObjectType, told: Mapping[str, Any]) -> Iterator[GraphQLError]:
        known = self._inputs.get(kind.name, frozenset())
        for name, value in told.items():
            field = kind.fields[name]
            if name in known:
                yield from self._value(field.type, value, (kind.name, name))
            elif value not in (None, coerce_default_value(field)):
                yield NotModelled(f"{kind.name}.{name}")

    def _id(self, text: str, kinds: frozenset[str] | None) -> Iterator[GraphQLError]:
        told = read_gid(text)
        if told is None:
            yield BadRequest(f"Invalid global id '{text}'", "INVALID_VARIABLE")
        elif kinds is not None and kinds != ANY_KIND and told.kind not in kinds:
            yield BadRequest(f"Invalid id: {text}", "RESOURCE_NOT_FOUND")
