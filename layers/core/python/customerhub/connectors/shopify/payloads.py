"""Shopify's shapes: nodes of GraphQL answers, which hold what was asked for, and bodies of webhooks (version 2026-10).

Names are Shopify's: camel case in GraphQL, snake case in webhooks.
"""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from customerhub.connectors.payload import PartnerPayload

Amount = Annotated[Decimal, Field(max_digits=20, decimal_places=6)]


class _AddressFields(BaseModel):
    """What nodes and bodies tell of an address under the same names."""

    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province_code: str | None = None
    zip: str | None = None
    company: str | None = None


class _CustomerFields(BaseModel):
    """What they tell of a customer."""

    first_name: str | None = None
    last_name: str | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None


class _OrderFields(BaseModel):
    """What they tell of an order."""

    name: str
    created_at: AwareDatetime
    processed_at: AwareDatetime | None = None
    updated_at: AwareDatetime
    cancelled_at: AwareDatetime | None = None
    test: bool = False
    email: str | None = None
    phone: str | None = None


class _Node(PartnerPayload):
    """An object of a GraphQL answer."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ShopifyEmail(_Node):
    """The e-mail of a customer."""

    email_address: str | None = None
    marketing_state: str | None = None


class ShopifySmsConsent(_Node):
    """Whether text messages may be sent."""

    state: str | None = None


class ShopifyPhone(_Node):
    """The phone of a customer."""

    phone_number: str | None = None
    sms_marketing_consent: ShopifySmsConsent | None = None


class ShopifyAddress(_Node, _AddressFields):
    """A customer's default address."""

    country_code: str | None = Field(None, alias="countryCodeV2")


class ShopifyCustomerPayload(_Node, _CustomerFields):
    """A `Customer`. Its e-mail, phone and address are objects that may be missing."""

    id: str
    state: str | None = None
    tags: tuple[str, ...] | None = None
    default_email_address: ShopifyEmail | None = None
    default_phone_number: ShopifyPhone | None = None
    default_address: ShopifyAddress | None = None


class ShopifyMoney(_Node):
    """A `MoneyV2`: the amount is a decimal, as text."""

    amount: Amount
    currency_code: str


class ShopifyMoneyBag(_Node):
    """A `MoneyBag`, in the shop's currency."""

    shop_money: ShopifyMoney


class ShopifyReference(_Node):
    """Something of which only the id was asked for."""

    id: str


class ShopifyOrderPayload(_Node, _OrderFields):
    """An `Order`. Guests have no customer."""

    id: str
    display_financial_status: str | None = None
    customer: ShopifyReference | None = None
    shipping_address: ShopifyAddress | None = None
    current_total_price_set: ShopifyMoneyBag


class ShopifyVariantPayload(_Node):
    """A `ProductVariant`. The price is in the shop's currency."""

    id: str
    title: str = ""
    sku: str | None = None
    price: Amount | None = None


class ShopifyPageInfo(_Node):
    """Whether a list goes on, and from where."""

    has_next_page: bool
    end_cursor: str | None = None


class ShopifyVariants(_Node):
    """A page of a product's variants."""

    nodes: tuple[ShopifyVariantPayload, ...]
    page_info: ShopifyPageInfo


class ShopifyProductPayload(_Node):
    """A `Product`, with the first of its variants."""

    id: str
    title: str
    status: str
    vendor: str | None = None
    product_type: str | None = None
    updated_at: AwareDatetime
    variants: ShopifyVariants


class ShopifyShopPayload(_Node):
    """The `Shop`."""

    currency_code: str


class ShopifyExportPayload(_Node):
    """A `BulkOperation`. `url` is None of one that found nothing."""

    id: str
    status: str
    error_code: str | None = None
    query: str
    created_at: AwareDatetime
    root_object_count: int = 0
    url: str | None = None


class ShopifySegmentPayload(_Node):
    """A `Segment`: customers for whom its query holds."""

    id: str
    name: str
    query: str


class ShopifyDiscountContext(_Node):
    """Who a discount is for; segments where it is for such."""

    typename: str = Field("", alias="__typename")
    segments: tuple[ShopifyReference, ...] = ()


class ShopifyDiscountValue(_Node):
    """What a discount takes off: a share from 0 to 1; None where it is something else."""

    percentage: Annotated[float, Field(ge=0, le=1)] | None = None


class ShopifyCustomerGets(_Node):
    """What a discount gives."""

    value: ShopifyDiscountValue


class ShopifyDiscountPayload(_Node):
    """A `Discount`: told in full where it is a `DiscountAutomaticBasic`."""

    typename: str = Field(alias="__typename")
    title: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    context: ShopifyDiscountContext | None = None
    customer_gets: ShopifyCustomerGets | None = None


class ShopifyDiscountNode(_Node):
    """A `DiscountNode`."""

    id: str
    discount: ShopifyDiscountPayload


class ShopifyWebhookPayload(_Node):
    """A `WebhookSubscription`."""

    id: str
    topic: str
    uri: str


class ShopifyAddressBody(PartnerPayload, _AddressFields):
    """A customer's default address in a webhook."""

    ignored: ClassVar[frozenset[str]] = frozenset({
        "country", "country_name", "customer_id", "default", "first_name", "id", "last_name", "name", "phone",
        "province",
    })  # fmt: skip

    country_code: str | None = None


class ShopifyPlaceBody(ShopifyAddressBody):
    """Where an order goes, in a webhook."""

    ignored: ClassVar[frozenset[str]] = ShopifyAddressBody.ignored | {"latitude", "longitude"}


class ShopifyCustomerBody(PartnerPayload, _CustomerFields):
    """Body of customers/create, update, enable and disable. Since 2025-01 it tells no tags: that says nothing of them.

    Numbers in `id` are rounded in Shopify's own examples, so the global id counts.
    """

    ignored: ClassVar[frozenset[str]] = frozenset({
        "addresses", "currency", "multipass_identifier", "note", "tax_exempt", "tax_exemptions", "verified_email",
    })  # fmt: skip

    id: str | None = None
    admin_graphql_api_id: str | None = None
    email: str | None = None
    phone: str | None = None
    state: str | None = None
    default_address: ShopifyAddressBody | None = None


class ShopifyCustomerReferenceBody(PartnerPayload):
    """Body of customers/delete, of changes of consent, tags and totals: which customer, whatever they call it."""

    ignored: ClassVar[frozenset[str]] = frozenset({
        "amountSpent", "email_address", "email_marketing_consent", "lastOrderId", "numberOfOrders", "occurredAt",
        "phone", "phone_number", "sms_marketing_consent", "tags", "tax_exemptions", "whats_app_marketing_consent",
    })  # fmt: skip

    id: str | None = None
    admin_graphql_api_id: str | None = None
    customer_id: str | None = Field(None, validation_alias=AliasChoices("customer_id", "customerId"))


class ShopifyMergeBody(PartnerPayload):
    """Body of customers/merge, which is sent for those that failed, too."""

    ignored: ClassVar[frozenset[str]] = frozenset({"admin_graphql_api_job_id", "errors"})

    admin_graphql_api_customer_kept_id: str
    admin_graphql_api_customer_deleted_id: str
    status: str


class ShopifyOrderBody(PartnerPayload, _OrderFields):
    """Body of orders/create, paid, updated and cancelled."""

    ignored: ClassVar[frozenset[str]] = frozenset({
        "app_id", "attribution", "billing_address", "browser_ip", "buyer_accepts_marketing", "cancel_reason",
        "cart_token", "checkout_id", "checkout_token", "client_details", "closed_at", "company", "confirmation_number",
        "confirmed", "current_shipping_price_set", "current_subtotal_price", "current_subtotal_price_set",
        "current_total_additional_fees_set", "current_total_discounts", "current_total_discounts_set",
        "current_total_duties_set", "current_total_price_set", "current_total_tax", "current_total_tax_set",
        "customer_locale", "device_id", "discount_applications", "discount_codes", "duties_included",
        "estimated_taxes", "fulfillment_status", "fulfillments", "landing_site", "landing_site_ref",
        "line_item_groups", "line_items", "location_id", "merchant_business_entity_id", "merchant_of_record_app_id",
        "note", "note_attributes", "number", "order_number", "order_status_url", "original_total_additional_fees_set",
        "original_total_duties_set", "payment_gateway_names", "payment_terms", "po_number", "presentment_currency",
        "reference", "referring_site", "refunds", "returns", "shipping_lines", "source_identifier",
        "source_name", "source_url", "subtotal_price", "subtotal_price_set", "tags", "tax_exempt", "tax_lines",
        "taxes_included", "token", "total_cash_rounding_payment_adjustment_set",
        "total_cash_rounding_refund_adjustment_set", "total_discounts", "total_discounts_set",
        "total_line_items_price", "total_line_items_price_set", "total_outstanding", "total_price_set",
        "total_shipping_price_set", "total_tax", "total_tax_set", "total_tip_received", "total_weight", "user_id",
    })  # fmt: skip

    id: str | None = None
    admin_graphql_api_id: str | None = None
    contact_email: str | None = None
    financial_status: str | None = None
    currency: str
    total_price: Amount
    current_total_price: Amount | None = None
    customer: ShopifyCustomerBody | None = None
    shipping_address: ShopifyPlaceBody | None = None


class ShopifyOrderReferenceBody(PartnerPayload):
    """Body of orders/delete."""

    id: str


class ShopifyRequestedCustomer(PartnerPayload):
    """Whom a compliance webhook is about."""

    id: str
    email: str | None = None
    phone: str | None = None


class ShopifyDataRequest(PartnerPayload):
    """The request that a person has made."""

    id: str


class ShopifyComplianceBody(PartnerPayload):
    """Body of customers/redact and customers/data_request."""

    ignored: ClassVar[frozenset[str]] = frozenset({"shop_domain", "shop_id"})

    customer: ShopifyRequestedCustomer
    data_request: ShopifyDataRequest | None = None
    orders_requested: tuple[str, ...] = ()
    orders_to_redact: tuple[str, ...] = ()
