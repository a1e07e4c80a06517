"""Tags of customers, and giving and taking them.

`/tag-x-object` is not documented; what it does was observed live in October 2026: giving a tag twice gives it twice,
taking it takes all of them.
"""

from infra.local.partners.commerce7.announcing import announce
from infra.local.partners.commerce7.customers import Customers
from infra.local.partners.commerce7.filters import text
from infra.local.partners.commerce7.listing import Column, Listing
from infra.local.partners.commerce7.payloads import NewTag, TagAssignment, TagChange
from infra.local.partners.commerce7.shop import Shop
from infra.local.partners.commerce7.table import Row
from infra.local.partners.commerce7.wire import ApiRequest, Json, Reply, checked, invalid, not_found, not_implemented

LISTING = Listing(
    key="tags",
    show=dict,
    columns={"type": Column(lambda row: row["type"], text)},
    words=lambda row: str(row["title"]).casefold(),
)


class Tags:
    """Endpoints of `/tag/customer` and `/tag-x-object/customer`, and the same for the shop's staff."""

    def __init__(self, shop: Shop, customers: Customers) -> None:
        self._shop = shop
        self._customers = customers

    def list_tags(self, request: ApiRequest) -> Reply:
        """`GET /tag/customer`; `q` finds parts of titles."""
        return Reply(200, LISTING.answer(self._shop.records.tags, request))

    def get_tag(self, request: ApiRequest) -> Reply:
        """`GET /tag/customer/{id}`."""
        return Reply(200, self._known(request.names["id"]))

    def post_tag(self, request: ApiRequest) -> Reply:
        """`POST /tag/customer`. Two tags may have one title."""
        wanted = checked(NewTag, request.body)
        _require_manual(wanted.type)
        return Reply(201, self._create(wanted.title, self._shop.app_id))

    def put_tag(self, request: ApiRequest) -> Reply:
        """`PUT /tag/customer/{id}`."""
        tag = self._known(request.names["id"])
        wanted = checked(TagChange, request.body)
        _require_manual(wanted.type)
        if wanted.title is None and "title" in wanted.given():
            raise invalid(("title", "required"))
        self._shop.touch(tag, {} if wanted.title is None else {"title": wanted.title})
        announce(self._shop, "Tag", "Update", tag, self._shop.app_id)
        return Reply(200, tag)

    def delete_tag(self, request: ApiRequest) -> Reply:
        """`DELETE /tag/customer/{id}`: nobody bears it any more."""
        tag = self._known(request.names["id"])
        records = self._shop.records
        records.tags.remove(tag["id"])
        records.assignments = {
            customer: [one for one in tags if one != tag["id"]] for customer, tags in records.assignments.items()
        }
        announce(self._shop, "Tag", "Delete", tag, self._shop.app_id)
        return Reply(204, None)

    def post_assignment(self, request: ApiRequest) -> Reply:
        """`POST /tag-x-object/customer`: not idempotent."""
        wanted = checked(TagAssignment, request.body)
        customer, tag = self._customers.known(wanted.object_id), self._known(wanted.tag_id)
        self._shop.records.assignments.setdefault(customer["id"], []).append(tag["id"])
        self._touched(customer)
        assignment = {"objectId": customer["id"], "tagId": tag["id"], "tagType": tag["type"]}
        return Reply(201, self._shop.stamped(assignment))

    def delete_assignment(self, request: ApiRequest) -> Reply:
        """`DELETE /tag-x-object/customer/{tagId}/{customerId}`: takes it as often as it was given."""
        customer = self._customers.known(request.names["customerId"])
        tag_id = request.names["tagId"]
        given = self._shop.records.assignments.get(customer["id"], [])
        if tag_id not in given:
            raise not_found()
        self._shop.records.assignments[customer["id"]] = [one for one in given if one != tag_id]
        self._touched(customer)
        return Reply(204, None)

    def titled(self, title: str, user: str) -> Row:
        """A tag with exactly that title, made if there is none."""
        found = (tag for tag in self._shop.records.tags if tag["title"] == title)
        return next(found, None) or self._create(title, user)

    def give_in_bulk(self, title: str, customer_ids: list[str], callback_base: str, user: str) -> Json:
        """What the admin's bulk tagging does: it tells of all customers at once, with an address to read them at."""
        customers = [self._customers.known(customer_id) for customer_id in customer_ids]
        tag = self.titled(title, user)
        for customer in customers:
            given = self._shop.records.assignments.setdefault(customer["id"], [])
            if tag["id"] not in given:
                given.append(tag["id"])
        address = f"{callback_base}/v1/customer?tagId={tag['id']}&cursor=start"
        announce(self._shop, "Customer", "Bulk Update", {"callbackUrl": address}, user)
        return tag

    def _create(self, title: str, user: str) -> Row:
        kind: Json = {"objectType": "Customer", "type": "Manual", "appliesToCondition": None, "conditions": []}
        tag = self._shop.stamped({"title": title, **kind, "backPopulate": None})
        self._shop.records.tags.put(tag)
        announce(self._shop, "Tag", "Create", tag, user)
        return tag

    def _known(self, tag_id: str) -> Row:
        tag = self._shop.records.tags.get(tag_id)
        if tag is None:
            raise not_found()
        return tag

    def _touched(self, customer: Row) -> None:
        """Whether a change of tags is one of the customer is not known: a switch."""
        if self._shop.settings.tags_touch_customer:
            self._shop.touch(customer, {})
            announce(self._shop, "Customer", "Update", self._customers.shown(customer), self._shop.app_id)


def _require_manual(kind: str | None) -> None:
    if kind is not None and kind.casefold() != "manual":
        raise not_implemented("dynamic tags")
