"""How a field of the schema is answered: one table of types and fields. What is not in it is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Any

from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLSchema, get_named_type

from infra.local.partners.shopify.collection import Collection
from infra.local.partners.shopify.filters import Filters
from infra.local.partners.shopify.paging import Page, SortValue, page
from infra.local.partners.shopify.predicates import EVERYTHING
from infra.local.partners.shopify.refusals import Problem, Refused
from infra.local.partners.shopify.search import read_search
from infra.local.partners.shopify.shop import Shop

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Execution:
    """What every field is answered from: the shop, and what the caller may do."""

    shop: Shop
    schema: GraphQLSchema
    scopes: frozenset[str]

    def may(self, *scopes: str) -> bool:
        """Whether one of the scopes is granted; who may write may read."""
        return not self._granted.isdisjoint(scopes)

    @cached_property
    def _granted(self) -> frozenset[str]:
        return self.scopes.union(one.replace("write_", "read_", 1) for one in self.scopes if one.startswith("write_"))


Resolve = Callable[[Execution, Any, Arguments], Any]


@dataclass(frozen=True)
class Field:
    """How a field is answered, and which arguments the double understands."""

    resolve: Resolve
    arguments: frozenset[str] = frozenset()


Fields = dict[str, dict[str, Field]]
"""Types to their fields."""
Inputs = dict[str, frozenset[str]]
"""Input types to the fields that the double understands."""


@dataclass(frozen=True)
class Typed:
    """A value that stands for an interface or a union, and the type that it is there."""

    name: str
    value: Any


def read(of: Callable[[Any], Any]) -> Field:
    """A field that is in the record."""
    return Field(lambda _execution, source, _arguments: of(source))


def shown(resolve: Resolve, *arguments: str) -> Field:
    """A field that is answered from more than the record."""
    return Field(resolve, frozenset(arguments))


def constant(value: Any) -> Field:
    """A field that is the same for all."""
    return Field(lambda _execution, _source, _arguments: value)


def parts(*names: str) -> dict[str, Field]:
    """Fields of a value that is a mapping; one that is not in it is null."""
    return {name: _part(name) for name in names}


def _part(name: str) -> Field:
    return read(lambda source: source.get(name))


CONNECTION_ARGUMENTS = ("first", "last", "after", "before", "reverse")
LISTING_ARGUMENTS = (*CONNECTION_ARGUMENTS, "query", "sortKey")


def connection(node: str) -> Fields:
    """The two types of a connection whose source is a `Page`."""
    return {
        f"{node}Connection": {
            "nodes": read(lambda page_: page_.nodes),
            "edges": read(lambda page_: list(zip(page_.cursors, page_.nodes, strict=True))),
            "pageInfo": read(lambda page_: page_),
        },
        f"{node}Edge": {"cursor": read(lambda edge: edge[0]), "node": read(lambda edge: edge[1])},
    }


PAGE_INFO: Fields = {
    "PageInfo": {
        "hasNextPage": read(lambda page_: page_.has_next),
        "hasPreviousPage": read(lambda page_: page_.has_previous),
        "startCursor": read(lambda page_: page_.cursors[0] if page_.cursors else None),
        "endCursor": read(lambda page_: page_.cursors[-1] if page_.cursors else None),
    },
    "Count": parts("count", "precision"),
    "Node": {"id": Field(lambda _execution, _source, _arguments: None)},
}


def listing(
    collection: Collection[Any], arguments: Arguments, sorts: Mapping[str, SortValue], filters: Filters
) -> Page:
    """A page of a collection. Searches see it late; what they find is shown as it is, unless it is gone."""
    query = arguments.get("query")
    predicate = read_search(query, filters) if query else EVERYTHING
    view = collection.searched if query else collection.live
    found = page(view, arguments, sorts, predicate)
    shown_ = [
        (at, record)
        for at, one in zip(found.cursors, found.nodes, strict=True)
        if (record := collection.get(one.number))
    ]
    return replace(found, cursors=[at for at, _ in shown_], nodes=[record for _, record in shown_])


def counted(found: int, is_all: bool) -> dict[str, Any]:
    """A `Count`."""
    return {"count": found, "precision": "EXACT" if is_all else "AT_LEAST"}


def mutation(resolve: Callable[[Shop, Arguments], Mapping[str, Any]], *arguments: str) -> Field:
    """A mutation: an action of its own, whose refusal becomes user errors."""

    @wraps(resolve)
    def act(execution: Execution, _source: Any, told: Arguments) -> Any:
        execution.shop.begin_action()
        try:
            return {**resolve(execution.shop, told), "userErrors": []}
        except Refused as refusal:
            return {"userErrors": refusal.problems}

    return Field(act, frozenset(arguments))


def payload(name: str, *fields: str) -> Fields:
    """The answer to a mutation."""
    return {name: parts(*fields, "userErrors")}


def user_error(name: str = "UserError", *, has_code: bool = False, extra: str | None = None) -> Fields:
    """A kind of user error."""
    fields = {
        "field": read(lambda problem: None if problem.field is None else list(problem.field)),
        "message": read(lambda problem: problem.message),
    }
    if has_code:
        fields["code"] = shown(lambda execution, problem, _: _code(execution.schema, name, problem))
    if extra:
        fields[extra] = constant(None)
    return {name: fields}


def _code(schema: GraphQLSchema, type_name: str, problem: Problem) -> str:
    """The problem's code, `INVALID` where this kind of error does not have it."""
    error = schema.type_map[type_name]
    codes = get_named_type(error.fields["code"].type) if isinstance(error, GraphQLObjectType) else None
    known = codes.values if isinstance(codes, GraphQLEnumType) else {}
    return problem.code if problem.code in known else "INVALID"


def merged(*tables: Mapping[str, Any]) -> dict[str, Any]:
    """One table. The same type may be in two of them only if it says the same."""
    whole: dict[str, Any] = {}
    for table in tables:
        for name, fields in table.items():
            if name in whole:
                raise LookupError(f"{name} is described twice.")
            whole[name] = fields
    return whole
