"""The fields that an operation selects, with fragments spread and what is skipped left out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)


@dataclass(frozen=True)
class Selected:
    """A field that is selected on a type."""

    parent: GraphQLCompositeType
    node: FieldNode

    @property
    def key(self) -> str:
        """Its name in the answer."""
        return self.node.alias.value if self.node.alias else self.node.name.value

    @property
    def name(self) -> str:
        """Its name in the schema."""
        return self.node.name.value


@dataclass(frozen=True)
class Operation:
    """An operation with what is needed to walk through it. `variables` are the coerced ones."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    @property
    def root(self) -> GraphQLObjectType:
        """The type that the operation starts at."""
        root = self.schema.get_root_type(self.node.operation)
        if root is None:
            raise LookupError(f"The schema has no {self.node.operation.value}.")
        return root

    @property
    def is_mutation(self) -> bool:
        """Whether it changes anything."""
        return self.node.operation.value == "mutation"

    def selected(self, parent: GraphQLCompositeType, selections: SelectionSetNode | None) -> Iterator[Selected]:
        """The fields selected on `parent`; those in a fragment on another type come with that type."""
        for node in selections.selections if selections else ():
            if not self._included(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                yield Selected(parent, node)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                yield from self.selected(self._type(fragment.type_condition.name.value), fragment.selection_set)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                on = parent if condition is None else self._type(condition.name.value)
                yield from self.selected(on, node.selection_set)

    def result_type(self, field: Selected) -> GraphQLCompositeType | None:
        """What the field gives, without lists; None for a scalar or an enum."""
        if field.name.startswith("__") or not isinstance(field.parent, GraphQLObjectType | GraphQLInterfaceType):
            return None
        named = get_named_type(field.parent.fields[field.name].type)
        return named if is_composite_type(named) else None

    def number(self, field: Selected, *arguments: str) -> int | None:
        """The first of these arguments of the field that is given as a number."""
        for argument in field.node.arguments or ():
            value = argument.value
            if argument.name.value not in arguments:
                continue
            told = self.variables.get(value.name.value) if isinstance(value, VariableNode) else None
            if isinstance(value, IntValueNode):
                told = int(value.value)
            if isinstance(told, int):
                return told
        return None

    def _included(self, directives: Iterable[DirectiveNode]) -> bool:
        """Validation has seen to it that these two directives have one argument."""
        for directive in directives:
            name = directive.name.value
            for argument in directive.arguments if name in {"skip", "include"} and directive.arguments else ():
                value = argument.value
                told = self.variables.get(value.name.value) if isinstance(value, VariableNode) else None
                if isinstance(value, BooleanValueNode):
                    told = value.value
                if bool(told) == (name == "skip"):
                    return False
        return True

    def _type(self, name: str) -> GraphQLCompositeType:
        found = self.schema.type_map[name]
        if not is_composite_type(found):
            raise LookupError(f"{name} has no fields.")
        return found
