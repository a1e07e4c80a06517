"""What a query costs: scalars nothing, an object 1, a connection 2 and its nodes, a mutation 10.

Shopify shows the sums with every answer and describes the rules only; `customers(first: 10)` with scalars alone is
known to be 12. Of a mutation's answer only its connections are counted on top.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLCompositeType, GraphQLObjectType, is_abstract_type

from infra.local.partners.shopify.selections import Operation, Selected

OBJECT = 1
CONNECTION = 2
MUTATION = 10
FREE = frozenset({"PageInfo", "UserError"})
_ESTIMATE = object()
"""Stands for the answer where there is none yet."""


def requested_cost(operation: Operation) -> int:
    """Before the query is executed, with every page full."""
    return _whole(operation, _ESTIMATE)


def actual_cost(operation: Operation, data: Mapping[str, Any] | None) -> int:
    """Of what was really answered."""
    return _whole(operation, data or {})


def _whole(operation: Operation, data: Any) -> int:
    if not operation.is_mutation:
        return _fields(operation, operation.root, operation.node.selection_set, data, OBJECT)
    total = 0
    for field in operation.selected(operation.root, operation.node.selection_set):
        result = operation.result_type(field)
        total += MUTATION
        if result is not None:
            total += _fields(operation, result, field.node.selection_set, _value(data, field), 0)
    return total


def _fields(operation: Operation, parent: GraphQLCompositeType, selections: Any, data: Any, each: int) -> int:
    """The cost of an object's fields; `each` is that of an object. Of the kinds of an abstract type the dearest."""
    plain = 0
    kinds: dict[str, int] = {}
    for field in operation.selected(parent, selections):
        cost = _field(operation, field, data, each)
        if isinstance(field.parent, GraphQLObjectType) and is_abstract_type(parent):
            kinds[field.parent.name] = kinds.get(field.parent.name, 0) + cost
        else:
            plain += cost
    return plain + max(kinds.values(), default=0)


def _field(operation: Operation, field: Selected, data: Any, each: int) -> int:
    result = operation.result_type(field)
    if result is None or result.name in FREE or result.name.endswith("UserError"):
        return 0
    value = _value(data, field)
    if result.name.endswith("Connection") and isinstance(result, GraphQLObjectType):
        return CONNECTION + _nodes(operation, field, result, value)
    if value is None:
        return 0
    values = value if isinstance(value, list) else [value]
    return sum(each + _fields(operation, result, field.node.selection_set, one, each) for one in values)


def _nodes(operation: Operation, field: Selected, connection: GraphQLObjectType, value: Any) -> int:
    """The nodes of a connection, whether they are asked for directly or through edges."""
    total = 0
    for part in operation.selected(connection, field.node.selection_set):
        kind = operation.result_type(part)
        if part.name not in {"nodes", "edges"} or kind is None:
            continue
        if value is _ESTIMATE:
            size = operation.number(field, "first", "last") or 0
            total += size * _node(operation, part, kind, _ESTIMATE)
        else:
            shown: Sequence[Any] = (value or {}).get(part.key) or ()
            total += sum(_node(operation, part, kind, one) for one in shown)
    return total


def _node(operation: Operation, part: Selected, kind: GraphQLCompositeType, value: Any) -> int:
    if part.name == "nodes":
        return OBJECT + _fields(operation, kind, part.node.selection_set, value, OBJECT)
    return _fields(operation, kind, part.node.selection_set, value, OBJECT)


def _value(data: Any, field: Selected) -> Any:
    if data is _ESTIMATE:
        return _ESTIMATE
    return data.get(field.key) if isinstance(data, Mapping) else None
