"""The query of a bulk operation: what Shopify takes of it, and what its answers become: lines, one record in each.

Read from Shopify's documents of bulk operations (2026-11): one list at the top, five in all, two within one another,
their records through `edges`; `first`, cursors and `pageInfo` are without meaning.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    IntValueNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from infra.local.partners.shopify.paging import LARGEST_PAGE
from infra.local.partners.shopify.preflight import Preflight
from infra.local.partners.shopify.refusals import NotModelled, Problem, Refused
from infra.local.partners.shopify.schema import load_schema
from infra.local.partners.shopify.selections import Operation, Selected

MOST_CONNECTIONS = 5
DEEPEST = 2
PAGING = frozenset({"first", "last", "after", "before"})
Json = dict[str, Any]
AnyNode = TypeVar("AnyNode", bound=Node)


def check_bulk_query(text: str) -> None:
    """Raises `Refused`, and `NotModelled` for what the double does not know."""
    operation = _operation(text)
    depths = list(_depths(operation, operation.root, operation.node.selection_set, 0))
    roots = list(operation.selected(operation.root, operation.node.selection_set))
    if len(roots) != 1:
        raise _invalid("Bulk queries must have a single top-level field.")
    if not depths:
        raise _invalid("Bulk queries must contain at least one connection.")
    if len(depths) > MOST_CONNECTIONS:
        raise _invalid("Bulk queries cannot contain more than 5 connections.")
    if max(depths) > DEEPEST:
        raise _invalid("Bulk queries cannot contain connections with a nesting depth greater than 2.")
    variables = get_variable_values(load_schema().schema, [], {})
    if isinstance(variables, list):
        raise _invalid("Bulk queries cannot have variables.")
    if problems := _preflight().problems(operation, variables):
        raise problems[0]


def page_of(text: str, cursor: str | None) -> DocumentNode:
    """The document that asks for one page of the list at the top, from a cursor on, and for the first page of each list
    within its records."""
    (operation,) = (one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode))
    (root,) = operation.selection_set.selections
    if not isinstance(root, FieldNode) or root.selection_set is None:
        raise LookupError("A bulk query was not checked.")
    page = _asking_for_a_page(root, cursor, _paged(root.selection_set))
    document = _changed(operation, selection_set=SelectionSetNode(selections=(page,)))
    return DocumentNode(definitions=(document,))


def lines_of(data: Mapping[str, Any]) -> tuple[list[Json], int, str | None]:
    """The lines of a page, how many records of the list at the top it has, and the next page's cursor."""
    (page,) = data.values()
    nodes = [edge["node"] for edge in page["edges"]]
    following = page["hubPage"]["endCursor"] if page["hubPage"]["hasNextPage"] else None
    return [line for node in nodes for line in _lines(node, None)], len(nodes), following


def _lines(node: Mapping[str, Any], parent: str | None) -> Iterator[Json]:
    """A record and those in its lists, each on its own, which come after it. Raises `NotModelled`."""
    lists = {name: value for name, value in node.items() if isinstance(value, dict) and "edges" in value}
    yield {
        **{name: value for name, value in node.items() if name not in lists},
        **({} if parent is None else {"__parentId": parent}),
    }
    for told in lists.values():
        if told["hubPage"]["hasNextPage"]:
            raise NotModelled(f"bulk operations over records with lists of more than {LARGEST_PAGE}")
        for edge in told["edges"]:
            yield from _lines(edge["node"], node["id"])


def _operation(text: str) -> Operation:
    schema = load_schema().schema
    try:
        document = parse(text)
    except GraphQLError as error:
        raise _invalid(f"Invalid bulk query: {error.message}") from error
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) != 1 or len(document.definitions) != 1 or operations[0].operation.value != "query":
        raise _invalid("Invalid bulk query: a single query is expected.")
    if errors := validate(schema, document):
        raise _invalid(f"Invalid bulk query: {errors[0].message}")
    return Operation(schema, operations[0], {}, {})


def _depths(operation: Operation, parent: Any, selections: SelectionSetNode | None, depth: int) -> Iterator[int]:
    """How deep each connection lies."""
    for field in operation.selected(parent, selections):
        result = operation.result_type(field)
        if result is None:
            continue
        below = depth + 1 if _is_connection(result) else depth
        if below > depth:
            _check_connection(field)
            yield below
        yield from _depths(operation, result, field.node.selection_set, below)


def _check_connection(field: Selected) -> None:
    chosen = field.node.selection_set
    names = [one.name.value for one in (chosen.selections if chosen else ()) if isinstance(one, FieldNode)]
    if "edges" not in names or "nodes" in names:
        raise _invalid(f"The records of {field.name} must be asked for through its edges.")


def _is_connection(kind: Any) -> bool:
    return isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection")


def _paged(chosen: SelectionSetNode) -> SelectionSetNode:
    """The same, with a page asked for of each list in it."""
    return SelectionSetNode(selections=tuple(_paged_field(one) for one in chosen.selections))


def _paged_field(node: Any) -> Any:
    chosen = node.selection_set if hasattr(node, "selection_set") else None
    if chosen is None:
        return node
    paged = _paged(chosen)
    if any(isinstance(one, FieldNode) and one.name.value == "edges" for one in chosen.selections):
        return _asking_for_a_page(node, None, paged)
    return _changed(node, selection_set=paged)


def _asking_for_a_page(field: FieldNode, cursor: str | None, chosen: SelectionSetNode) -> FieldNode:
    arguments = [one for one in field.arguments or () if one.name.value not in PAGING]
    arguments.append(ArgumentNode(name=NameNode(value="first"), value=IntValueNode(value=str(LARGEST_PAGE))))
    if cursor is not None:
        arguments.append(ArgumentNode(name=NameNode(value="after"), value=StringValueNode(value=cursor)))
    selections = (*chosen.selections, *PAGE_INFO)
    return _changed(field, arguments=tuple(arguments), selection_set=SelectionSetNode(selections=selections))


def _changed(node: AnyNode, **changes: Any) -> AnyNode:
    """Another node like it, but for these parts."""
    return type(node)(**{name: getattr(node, name) for name in node.keys} | changes)


def _selections(text: str) -> tuple[Any, ...]:
    (told,) = parse(text).definitions
    return tuple(told.selection_set.selections) if isinstance(told, OperationDefinitionNode) else ()


PAGE_INFO = _selections("{ hubPage: pageInfo { hasNextPage endCursor } }")
"""Under a name that no query uses."""


@cache
def _preflight() -> Preflight:
    """The table of all fields holds those of bulk operations, which call this."""
    from infra.local.partners.shopify.fields.catalogue import FIELDS, INPUTS

    return Preflight(load_schema(), FIELDS, INPUTS)


def _invalid(message: str) -> Refused:
    return Refused(Problem(("query",), message, "INVALID"))
