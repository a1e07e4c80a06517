"""Customers."""

from dataclasses import replace
from typing import Any

from infra.local.partners.shopify import consent
from infra.local.partners.shopify.addresses import read_address
from infra.local.partners.shopify.customer_set import set_customer
from infra.local.partners.shopify.customers import (
    change_customer,
    create_customer,
    delete_customer,
    read_phone,
    save_customer,
)
from infra.local.partners.shopify.fields.orders import ORDER_SORTS, order_filters
from infra.local.partners.shopify.filters import Comparison, Filters, NumberFilter, TimeFilter, TokenFilter, WordFilter
from infra.local.partners.shopify.gids import gid, number_of
from infra.local.partners.shopify.model import (
    CONNECTION_ARGUMENTS,
    LISTING_ARGUMENTS,
    Arguments,
    Execution,
    Fields,
    Inputs,
    connection,
    constant,
    counted,
    listing,
    mutation,
    parts,
    payload,
    read,
    shown,
    user_error,
)
from infra.local.partners.shopify.paging import Page, count, page, whole
from infra.local.partners.shopify.predicates import EVERYTHING, Every
from infra.local.partners.shopify.records import Address, Consent, Customer
from infra.local.partners.shopify.refusals import Problem, Refused
from infra.local.partners.shopify.search import One, read_search
from infra.local.partners.shopify.shop import CURRENCY, Shop

MOST_ADDRESSES = 250
SORTS = {
    "ID": lambda customer: customer.number,
    "CREATED_AT": lambda customer: customer.created_at,
    "UPDATED_AT": lambda customer: customer.updated_at,
    "NAME": lambda customer: f"{customer.last_name or ''} {customer.first_name or ''}".casefold(),
}


def _count_filters(shop: Shop) -> Filters:
    return {
        "id": NumberFilter("number"),
        "created_at": TimeFilter("created_at"),
        "updated_at": TimeFilter("updated_at", shop.settings.whole_days),
    }


def _filters(shop: Shop) -> Filters:
    return {
        **_count_filters(shop),
        "default": TokenFilter(("first_name", "last_name", "email", "phone")),
        "email": TokenFilter(("email",), "email"),
        "first_name": TokenFilter(("first_name",)),
        "last_name": TokenFilter(("last_name",)),
        "phone": WordFilter("phone", "phone"),
        "tag": WordFilter("tags", "tag", is_list=True),
    }


def _list(execution: Execution, _source: Any, arguments: Arguments) -> Page:
    return listing(execution.shop.customers, arguments, SORTS, _filters(execution.shop))


def _count(execution: Execution, _source: Any, arguments: Arguments) -> Any:
    query = arguments.get("query")
    customers = execution.shop.customers
    predicate = read_search(query, _count_filters(execution.shop)) if query else EVERYTHING
    return counted(*count(customers.searched if query else customers.live, predicate, arguments.get("limit")))


def _identified(execution: Execution, _source: Any, arguments: Arguments) -> Customer | None:
    ((kind, value),) = arguments["identifier"].items()
    customers = execution.shop.customers
    if kind == "id":
        return customers.get(number_of(value))
    if kind == "emailAddress":
        return customers.live.first("email", value.strip().casefold())
    phone = read_phone(value)
    return customers.live.first("phone", phone) if phone else None


def _orders(execution: Execution, customer: Customer, arguments: Arguments) -> Page:
    """Of one customer, as a search for them would find them."""
    query = arguments.get("query")
    searched = read_search(query, order_filters()) if query else EVERYTHING
    own = One(NumberFilter("customer", "customer"), Comparison("customer_id", "", str(customer.number), quoted=True))
    return page(execution.shop.orders.live, arguments, ORDER_SORTS, Every((own, searched)))


def _last_order(execution: Execution, customer: Customer, _: Arguments) -> Any:
    orders = execution.shop.orders_of(customer)
    return orders[-1] if orders else None


def _known(shop: Shop, text: str, path: tuple[str, ...], message: str = "Customer does not exist") -> Customer:
    customer = shop.customers.get(number_of(text))
    if customer is None:
        raise Refused(Problem(path, message, "NOT_FOUND"))
    return customer


def _create(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    told = arguments["input"]
    if told.get("id"):
        raise Refused(Problem(("id",), "Cannot specify an id when creating a customer"))
    return {"customer": create_customer(shop, told)}


def _update(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    told = arguments["input"]
    if not told.get("id"):
        raise Refused(Problem(("id",), "Customer does not exist"))
    for field in ("emailMarketingConsent", "smsMarketingConsent"):
        if told.get(field) is not None:
            raise Refused(Problem((field,), f"To update {field}, please use the {field}Update mutation instead"))
    return {"customer": change_customer(shop, _known(shop, told["id"], ("id",)), told)}


def _set(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    return {"customer": set_customer(shop, arguments.get("identifier"), arguments["input"])}


def _delete(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    customer = _known(shop, arguments["input"]["id"], ("id",), "Customer can't be found")
    delete_customer(shop, customer)
    return {"deletedCustomerId": gid("Customer", customer.number)}


def _email_consent(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    told = arguments["input"]
    known = _known(shop, told["customerId"], ("input", "customerId"))
    changed = consent.email_consent(known, told["emailMarketingConsent"], shop.now())
    return {"customer": save_customer(shop, known, changed)}


def _sms_consent(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    told = arguments["input"]
    known = _known(shop, told["customerId"], ("input", "customerId"))
    changed = consent.sms_consent(known, told["smsMarketingConsent"], shop.now())
    return {"customer": save_customer(shop, known, changed)}


def _create_address(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    known = _known(shop, arguments["customerId"], ("customerId",))
    if len(known.addresses) >= MOST_ADDRESSES:
        raise Refused(Problem(("address",), f"A customer cannot have more than {MOST_ADDRESSES} addresses"))
    address = read_address(shop, arguments["address"])
    default = address.number if arguments.get("setAsDefault") or not known.addresses else known.default_address
    save_customer(shop, known, replace(known, addresses=(*known.addresses, address), default_address=default))
    return {"address": address}


def _update_address(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    known = _known(shop, arguments["customerId"], ("customerId",))
    address = read_address(shop, arguments["address"], _address(known, arguments["addressId"]))
    addresses = tuple(address if one.number == address.number else one for one in known.addresses)
    default = address.number if arguments.get("setAsDefault") else known.default_address
    save_customer(shop, known, replace(known, addresses=addresses, default_address=default))
    return {"address": address}


def _delete_address(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    known = _known(shop, arguments["customerId"], ("customerId",))
    gone = _address(known, arguments["addressId"])
    left = tuple(one for one in known.addresses if one is not gone)
    default = None if known.default_address == gone.number else known.default_address
    save_customer(shop, known, replace(known, addresses=left, default_address=default))
    return {"deletedAddressId": arguments["addressId"]}


def _default_address(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    known = _known(shop, arguments["customerId"], ("customerId",))
    address = _address(known, arguments["addressId"])
    return {"customer": save_customer(shop, known, replace(known, default_address=address.number))}


def _address(customer: Customer, text: str) -> Address:
    number = number_of(text)
    found = next((one for one in customer.addresses if one.number == number), None)
    if found is None:
        raise Refused(Problem(("addressId",), "Address does not exist", "NOT_FOUND"))
    return found


def _sms_state(consent_: Consent) -> str:
    """The newer enum has another word for whoever was never asked."""
    return "NEVER_SUBSCRIBED" if consent_.state == "NOT_SUBSCRIBED" else consent_.state


def _old_consent(consent_: Consent) -> dict[str, Any]:
    return {
        "marketingState": consent_.state,
        "marketingOptInLevel": consent_.level or "SINGLE_OPT_IN",
        "consentUpdatedAt": consent_.updated_at,
        "consentCollectedFrom": "OTHER",
    }


PERSON: dict[str, Any] = {
    "amountSpent": shown(
        lambda execution, customer, _: {"amount": execution.shop.spent_by(customer), "currencyCode": CURRENCY}
    ),
    "defaultAddress": read(lambda customer: customer.address),
    "defaultEmailAddress": read(lambda customer: customer if customer.email else None),
    "defaultPhoneNumber": read(lambda customer: customer if customer.phone else None),
    "displayName": read(lambda customer: customer.display_name),
    "firstName": read(lambda customer: customer.first_name),
    "lastName": read(lambda customer: customer.last_name),
    "note": read(lambda customer: customer.note),
    "numberOfOrders": shown(lambda execution, customer, _: len(execution.shop.orders_of(customer))),
}
"""What customers and the members of segments have in common."""

FIELDS: Fields = {
    "Customer": {
        **PERSON,
        "id": read(lambda customer: gid("Customer", customer.number)),
        "addresses": shown(lambda _, customer, told: list(customer.addresses)[: told.get("first")], "first"),
        "addressesV2": shown(
            lambda _, customer, told: whole(customer.addresses, told, lambda address: address.number),
            *CONNECTION_ARGUMENTS,
        ),
        "canDelete": shown(lambda execution, customer, _: not execution.shop.orders_of(customer)),
        "createdAt": read(lambda customer: customer.created_at),
        "email": read(lambda customer: customer.email),
        "emailMarketingConsent": read(
            lambda customer: _old_consent(customer.email_consent) if customer.email else None
        ),
        "lastOrder": shown(_last_order),
        "legacyResourceId": read(lambda customer: customer.number),
        "locale": read(lambda customer: customer.locale),
        "orders": shown(_orders, *LISTING_ARGUMENTS),
        "phone": read(lambda customer: customer.phone),
        "smsMarketingConsent": read(lambda customer: _old_consent(customer.sms_consent) if customer.phone else None),
        "state": read(lambda customer: customer.state),
        "tags": read(lambda customer: list(customer.tags)),
        "taxExempt": read(lambda customer: customer.tax_exempt),
        "taxExemptions": read(lambda customer: list(customer.tax_exemptions)),
        "updatedAt": read(lambda customer: customer.updated_at),
        "verifiedEmail": read(lambda customer: customer.email is not None),
    },
    "CustomerEmailAddress": {
        "emailAddress": read(lambda customer: customer.email),
        "marketingOptInLevel": read(lambda customer: customer.email_consent.level),
        "marketingState": read(lambda customer: customer.email_consent.state),
        "marketingUpdatedAt": read(lambda customer: customer.email_consent.updated_at),
        "validFormat": constant(True),
    },
    "CustomerPhoneNumber": {
        "marketingCollectedFrom": constant("OTHER"),
        "marketingOptInLevel": read(lambda customer: customer.sms_consent.level),
        "marketingState": read(lambda customer: customer.sms_consent.state),
        "marketingUpdatedAt": read(lambda customer: customer.sms_consent.updated_at),
        "phoneNumber": read(lambda customer: customer.phone),
        "smsMarketingConsent": read(lambda customer: customer.sms_consent),
    },
    "CustomerSmsMarketingConsent": {
        "collectedFrom": constant("OTHER"),
        "optInLevel": read(lambda consent_: consent_.level),
        "state": read(_sms_state),
        "updatedAt": read(lambda consent_: consent_.updated_at),
    },
    "CustomerEmailMarketingConsentState": parts("consentUpdatedAt", "marketingOptInLevel", "marketingState"),
    "CustomerSmsMarketingConsentState": parts(
        "consentCollectedFrom", "consentUpdatedAt", "marketingOptInLevel", "marketingState"
    ),
    **connection("Customer"),
    **payload("CustomerCreatePayload", "customer"),
    **payload("CustomerUpdatePayload", "customer"),
    **payload("CustomerSetPayload", "customer"),
    **payload("CustomerDeletePayload", "deletedCustomerId"),
    **payload("CustomerEmailMarketingConsentUpdatePayload", "customer"),
    **payload("CustomerSmsMarketingConsentUpdatePayload", "customer"),
    **payload("CustomerAddressCreatePayload", "address"),
    **payload("CustomerAddressUpdatePayload", "address"),
    **payload("CustomerAddressDeletePayload", "deletedAddressId"),
    **payload("CustomerUpdateDefaultAddressPayload", "customer"),
    **user_error(),
    **user_error("CustomerSetUserError", has_code=True),
    **user_error("CustomerEmailMarketingConsentUpdateUserError", has_code=True),
    **user_error("CustomerSmsMarketingConsentError", has_code=True),
}
QUERIES = {
    "customer": shown(lambda execution, _, told: execution.shop.customers.get(number_of(told["id"])), "id"),
    "customerByIdentifier": shown(_identified, "identifier"),
    "customers": shown(_list, *LISTING_ARGUMENTS),
    "customersCount": shown(_count, "query", "limit"),
}
MUTATIONS = {
    "customerCreate": mutation(_create, "input"),
    "customerUpdate": mutation(_update, "input"),
    "customerSet": mutation(_set, "identifier", "input"),
    "customerDelete": mutation(_delete, "input"),
    "customerEmailMarketingConsentUpdate": mutation(_email_consent, "input"),
    "customerSmsMarketingConsentUpdate": mutation(_sms_consent, "input"),
    "customerAddressCreate": mutation(_create_address, "customerId", "address", "setAsDefault"),
    "customerAddressUpdate": mutation(_update_address, "customerId", "addressId", "address", "setAsDefault"),
    "customerAddressDelete": mutation(_delete_address, "customerId", "addressId"),
    "customerUpdateDefaultAddress": mutation(_default_address, "customerId", "addressId"),
}
SET_FIELDS = frozenset(
    {
        "addresses",
        "email",
        "firstName",
        "id",
        "lastName",
        "locale",
        "note",
        "phone",
        "tags",
        "taxExempt",
        "taxExemptions",
    }
)
CONSENT_FIELDS = frozenset({"consentUpdatedAt", "marketingOptInLevel", "marketingState"})
INPUTS: Inputs = {
    "CustomerInput": SET_FIELDS | {"emailMarketingConsent", "smsMarketingConsent"},
    "CustomerSetInput": SET_FIELDS,
    "CustomerSetIdentifiers": frozenset({"email", "id", "phone"}),
    "CustomerIdentifierInput": frozenset({"emailAddress", "id", "phoneNumber"}),
    "CustomerDeleteInput": frozenset({"id"}),
    "CustomerEmailMarketingConsentInput": CONSENT_FIELDS,
    "CustomerEmailMarketingConsentUpdateInput": frozenset({"customerId", "emailMarketingConsent"}),
    "CustomerSmsMarketingConsentInput": CONSENT_FIELDS,
    "CustomerSmsMarketingConsentUpdateInput": frozenset({"customerId", "smsMarketingConsent"}),
}
