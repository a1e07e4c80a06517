"""Addresses of customers (developer.commerce7.com/docs/customer-addresses, July 2026)."""

from infra.local.partners.commerce7.announcing import announce
from infra.local.partners.commerce7.customers import Customers
from infra.local.partners.commerce7.listing import Listing
from infra.local.partners.commerce7.payloads import AddressChange, NewAddress
from infra.local.partners.commerce7.phones import to_e164
from infra.local.partners.commerce7.shop import Shop
from infra.local.partners.commerce7.table import Row, Table
from infra.local.partners.commerce7.wire import ApiRequest, Json, Reply, checked, invalid, not_found

EMPTY: Json = {
    "birthDate": None,
    "honorific": None,
    "firstName": None,
    "lastName": None,
    "company": None,
    "phone": None,
    "address": None,
    "address2": None,
    "city": None,
    "stateCode": None,
    "zipCode": None,
    "countryCode": None,
    "isDefault": False,
    "metaData": None,
    "appData": None,
    "appSync": None,
}
LISTING = Listing(key="customerAddresses", show=dict, has_cursors=True, elsewhere=frozenset({"searchText"}))


class Addresses:
    """Endpoints of `/customer/{customerId}/address` and `/customer-address`."""

    def __init__(self, shop: Shop, customers: Customers) -> None:
        self._shop = shop
        self._customers = customers

    def list_all(self, request: ApiRequest) -> Reply:
        """`GET /customer-address`."""
        return Reply(200, LISTING.answer(self._shop.records.addresses, request))

    def list_addresses(self, request: ApiRequest) -> Reply:
        """`GET /customer/{customerId}/address`."""
        return Reply(200, LISTING.answer(Table(self._of(request)), request))

    def get_address(self, request: ApiRequest) -> Reply:
        """`GET /customer/{customerId}/address/{id}`."""
        return Reply(200, self._known(request))

    def post_address(self, request: ApiRequest) -> Reply:
        """`POST /customer/{customerId}/address`; the first one is the default one."""
        others = self._of(request)
        given = checked(NewAddress, request.body).given()
        address = self._shop.stamped({**EMPTY, "customerId": request.names["customerId"]})
        changes = self._changes(address, given)
        self._apply(address, {**changes, "isDefault": changes.get("isDefault", False) or not others}, others)
        self._shop.records.addresses.put(address)
        announce(self._shop, "Customer Address", "Create", address, self._shop.app_id)
        return Reply(201, address)

    def put_address(self, request: ApiRequest) -> Reply:
        """`PUT /customer/{customerId}/address/{id}`."""
        address = self._known(request)
        changes = self._changes(address, checked(AddressChange, request.body).given())
        self._apply(address, changes, [row for row in self._of(request) if row is not address])
        announce(self._shop, "Customer Address", "Update", address, self._shop.app_id)
        return Reply(200, address)

    def delete_address(self, request: ApiRequest) -> Reply:
        """`DELETE /customer/{customerId}/address/{id}`."""
        address = self._known(request)
        self._shop.records.addresses.remove(address["id"])
        announce(self._shop, "Customer Address", "Delete", address, self._shop.app_id)
        return Reply(204, None)

    def _of(self, request: ApiRequest) -> list[Row]:
        customer = self._customers.known(request.names["customerId"])
        return [row for row in self._shop.records.addresses if row["customerId"] == customer["id"]]

    def _known(self, request: ApiRequest) -> Row:
        address = next((row for row in self._of(request) if row["id"] == request.names["id"]), None)
        if address is None:
            raise not_found()
        return address

    def _changes(self, address: Row, given: Json) -> Json:
        if given.get("phone"):
            try:
                given["phone"] = to_e164(given["phone"], given.get("countryCode", address["countryCode"]))
            except ValueError as error:
                raise invalid(("phone", str(error))) from error
        if "appData" in given:
            given["appData"] = self._shop.app_data(address, given["appData"])
        return given

    def _apply(self, address: Row, changes: Json, others: list[Row]) -> None:
        """One address is the default one."""
        if changes.get("isDefault"):
            for other in others:
                other["isDefault"] = False
        self._shop.touch(address, changes)
