"""What the shop keeps. Records are frozen: a change replaces one, so that before and after can be compared."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

Tags = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address, of a customer's or an order's."""

    number: int
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent to marketing through one channel, in the words of the API."""

    state: str = "NOT_SUBSCRIBED"
    level: str | None = None
    updated_at: datetime | None = None


NO_CONSENT = Consent()


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer. The first address is the default one where `default_address` names none."""

    number: int
    created_at: datetime
    updated_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    locale: str = "en"
    tags: Tags = ()
    tax_exempt: bool = False
    tax_exemptions: Tags = ()
    addresses: tuple[Address, ...] = ()
    default_address: int | None = None
    email_consent: Consent = NO_CONSENT
    sms_consent: Consent = NO_CONSENT
    state: str = "DISABLED"
    """Of the account: `DISABLED` is whoever has none."""

    @property
    def display_name(self) -> str:
        """The name, else the e-mail, else the phone."""
        names = (self.first_name, self.last_name)
        return " ".join(name for name in names if name) or self.email or self.phone or ""

    @property
    def address(self) -> Address | None:
        """The default address."""
        wanted = (one for one in self.addresses if one.number == self.default_address)
        return next(wanted, self.addresses[0] if self.addresses else None)


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers by a definition."""

    number: int
    name: str
    query: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Buyers:
    """Who is given a discount: everybody (`all`), some `customers`, or those in some `segments`."""

    kind: str = "all"
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage or an amount off everything. With a `code` it is a code discount, without one an automatic one."""

    number: int
    title: str
    created_at: datetime
    updated_at: datetime
    starts_at: datetime
    ends_at: datetime | None = None
    percentage: float | None = None
    amount: Decimal | None = None
    applies_on_each_item: bool = False
    buyers: Buyers = Buyers()
    combines_with: tuple[bool, bool, bool] = (False, False, False)
    """With order, product and shipping discounts."""
    minimum_quantity: int | None = None
    minimum_subtotal: Decimal | None = None
    tags: Tags = ()
    code: str | None = None
    usage_limit: int | None = None
    once_per_customer: bool = False

    def status(self, now: datetime) -> str:
        """As it is at `now`."""
        if self.ends_at is not None and self.ends_at <= now:
            return "EXPIRED"
        return "SCHEDULED" if self.starts_at > now else "ACTIVE"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order."""

    number: int
    title: str
    quantity: int
    price: Decimal
    sku: str | None = None
    variant_title: str | None = None
    vendor: str | None = None
    requires_shipping: bool = False
    taxable: bool = True


@dataclass(frozen=True, slots=True)
class Charge:
    """Shipping or a tax."""

    title: str
    price: Decimal
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """A transaction of an order."""

    number: int
    kind: str
    status: str
    amount: Decimal
    processed_at: datetime
    gateway: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order."""

    number: int
    order_number: int
    name: str
    created_at: datetime
    updated_at: datetime
    processed_at: datetime
    currency: str
    lines: tuple[Line, ...]
    shipping: tuple[Charge, ...] = ()
    taxes: tuple[Charge, ...] = ()
    taxes_included: bool = False
    payments: tuple[Payment, ...] = ()
    financial_status: str = "PENDING"
    fulfillment_status: str = "UNFULFILLED"
    customer: int | None = None
    email: str | None = None
    phone: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    note: str | None = None
    po_number: str | None = None
    tags: Tags = ()
    attributes: tuple[tuple[str, str], ...] = ()
    source_name: str | None = None
    source_identifier: str | None = None
    test: bool = False

    @property
    def subtotal(self) -> Decimal:
        """Of the lines."""
        return sum((line.price * line.quantity for line in self.lines), Decimal(0))

    @property
    def shipping_total(self) -> Decimal:
        """Of what shipping costs."""
        return sum((charge.price for charge in self.shipping), Decimal(0))

    @property
    def tax_total(self) -> Decimal:
        """Of the taxes."""
        return sum((charge.price for charge in self.taxes), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What the buyer pays."""
        return self.subtotal + self.shipping_total + (Decimal(0) if self.taxes_included else self.tax_total)

    @property
    def refunded(self) -> Decimal:
        """All or nothing: the double knows no partial refunds."""
        return self.total if self.financial_status == "REFUNDED" else Decimal(0)

    @property
    def current_total(self) -> Decimal:
        """What is left of the total."""
        return Decimal(0) if self.cancelled_at else self.total - self.refunded


@dataclass(frozen=True, slots=True)
class Variant:
    """What of a product is sold."""

    number: int
    title: str
    sku: str | None = None
    price: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Product:
    """A product."""

    number: int
    created_at: datetime
    updated_at: datetime
    title: str
    status: str = "ACTIVE"
    vendor: str = ""
    kind: str = ""
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """A query that is answered into a file. `created_s` is the moment to a fraction of a second."""

    number: int
    query: str
    created_at: datetime
    updated_at: datetime
    created_s: float
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: datetime | None = None
    object_count: int = 0
    root_count: int = 0
    file_size: int | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self.status in {"CREATED", "RUNNING", "CANCELING"}


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic that is reported to a URL."""

    number: int
    topic: str
    """As the API's enum names it: `CUSTOMERS_UPDATE`."""
    uri: str
    created_at: datetime
    updated_at: datetime
    include_fields: tuple[str, ...] = ()
    name: str | None = None
