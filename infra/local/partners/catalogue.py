"""Which doubles there are. Loading one loads what it needs, which takes a moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from infra.local.partners.double import Double, Surroundings


class PartnerName(StrEnum):
    """What a double is called everywhere: on the command line, in paths and in `demo.json`."""

    SHOPIFY = "shopify"
    COMMERCE7 = "commerce7"


@dataclass(frozen=True)
class DoubleKind:
    """One kind of double: what has to be fetched before its process is started, how to make credentials up for its
    first start, and how to make it."""

    prepare: Callable[[], object]
    made_up_credentials: Callable[[], dict[str, str]]
    create: Callable[[Mapping[str, str], Surroundings], Double]


def _shopify() -> DoubleKind:
    from infra.local.partners.shopify import double
    from infra.local.partners.shopify.schema import ensure_schema

    return DoubleKind(ensure_schema, double.made_up_credentials, double.create)


def _commerce7() -> DoubleKind:
    from infra.local.partners.commerce7 import double

    return DoubleKind(lambda: None, double.made_up_credentials, double.create)


_LOADERS = {PartnerName.SHOPIFY: _shopify, PartnerName.COMMERCE7: _commerce7}


def load_double(name: PartnerName) -> DoubleKind:
    """The kind of double with that name."""
    return _LOADERS[name]()
