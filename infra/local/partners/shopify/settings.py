"""How the shop behaves, as far as that differs from shop to shop or is not known for sure."""

from pydantic import Field

from infra.local.partners.records import ControlInput

SCOPES = (
    "read_customers",
    "read_products",
    "write_customers",
    "read_orders",
    "write_orders",
    "read_discounts",
    "write_discounts",
)


class Settings(ControlInput):
    """Of the whole shop. Times are simulated.

    `search_lag_seconds` and `segment_lag_seconds`: how late searches and segments learn of a write. `whole_days`: the
    search by customers' `updated_at` knows days only, as the schema says. `protected_data`: the app is not approved to
    see names, e-mails, phones and addresses. `orders_per_minute`: the limit of development shops, None for none.

    Of bulk operations: `bulk_seconds` is how long one takes; `bulk_at_once` how many may be under way;
    `bulk_fails_after` so many lines each fails, which leaves partial data; `bulk_url_seconds` is how long an address of
    a file is good; `bulk_ranges` whether its host knows ranges; `bulk_breaks_off_after` so many bytes the connection of
    the next reader ends, once.
    """

    search_lag_seconds: float = Field(0, ge=0)
    segment_lag_seconds: float = Field(0, ge=0)
    whole_days: bool = False
    bucket_size: float = Field(2000, gt=0)
    restore_rate: float = Field(100, gt=0)
    max_query_cost: int = Field(1000, gt=0)
    scopes: list[str] = Field(default_factory=lambda: list(SCOPES))
    protected_data: bool = False
    orders_per_minute: int | None = Field(None, ge=1)
    bulk_seconds: float = Field(1, ge=0)
    bulk_at_once: int = Field(5, ge=1)
    bulk_fails_after: int | None = Field(None, ge=0)
    bulk_url_seconds: float = Field(604_800, gt=0)
    bulk_ranges: bool = True
    bulk_breaks_off_after: int | None = Field(None, ge=0)
