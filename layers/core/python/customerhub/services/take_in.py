"""How what a shop lists is brought to the hub."""

from customerhub.domain.feed import FeedKind
from customerhub.services.run_parts import TakeIn
from customerhub.services.take_in_customers import take_in_customers
from customerhub.services.take_in_deletion import take_in_deletion
from customerhub.services.take_in_orders import take_in_orders
from customerhub.services.take_in_products import take_in_products

TAKE_IN = TakeIn(
    {
        FeedKind.CUSTOMERS: take_in_customers,
        FeedKind.ORDERS: take_in_orders,
        FeedKind.PRODUCTS: take_in_products,
    },
    take_in_deletion,
)
