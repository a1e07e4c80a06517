"""`tagsAdd` and `tagsRemove`, of customers and of orders."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from infra.local.partners.shopify.customers import save_customer
from infra.local.partners.shopify.gids import Gid, gid, read_gid
from infra.local.partners.shopify.model import Arguments, Execution, Field, Fields, Inputs, Typed, mutation, payload
from infra.local.partners.shopify.orders import save_order
from infra.local.partners.shopify.records import Tags
from infra.local.partners.shopify.refusals import AccessDenied, NotModelled, Problem, Refused, refuse_if
from infra.local.partners.shopify.shop import Shop
from infra.local.partners.shopify.tags import joined, read_tags, tag_problems, without

Change = Callable[[Sequence[str], Sequence[str]], Tags]
KINDS = {"Customer": "customers", "Order": "orders"}


def _changing(name: str, change: Change) -> Field:
    def act(shop: Shop, arguments: Arguments) -> dict[str, Any]:
        wanted = read_gid(arguments["id"]) or Gid("", "")
        tags = read_tags(arguments["tags"])
        return {"node": _change(shop, wanted, tags, change)}

    field = mutation(act, "id", "tags")

    def guarded(execution: Execution, source: Any, arguments: Arguments) -> Any:
        """These mutations have no scope of their own: that of the record counts."""
        kind = (read_gid(arguments["id"]) or Gid("", "")).kind
        if kind in KINDS and f"write_{KINDS[kind]}" not in execution.scopes:
            required = f"`write_{KINDS[kind]}` access scope."
            raise AccessDenied(f"Access denied for {name} field. Required access: {required}", required)
        return field.resolve(execution, source, arguments)

    return replace(field, resolve=guarded)


def _change(shop: Shop, wanted: Gid, tags: Sequence[str], change: Change) -> Typed:
    if wanted.kind not in KINDS:
        raise NotModelled(f"tags of {wanted.kind}")
    known: Any = (shop.customers if wanted.kind == "Customer" else shop.orders).get(wanted.number)
    if known is None:
        raise Refused(Problem(("id",), f"{gid(wanted.kind, wanted.number)} does not exist", "NOT_FOUND"))
    changed = replace(known, tags=change(known.tags, tags))
    refuse_if(tag_problems(changed.tags, ("tags",)))
    save: Callable[[Shop, Any, Any], Any] = save_customer if wanted.kind == "Customer" else save_order
    return Typed(wanted.kind, save(shop, known, changed))


FIELDS: Fields = {**payload("TagsAddPayload", "node"), **payload("TagsRemovePayload", "node")}
QUERIES: dict[str, Field] = {}
MUTATIONS = {"tagsAdd": _changing("tagsAdd", joined), "tagsRemove": _changing("tagsRemove", without)}
INPUTS: Inputs = {}
