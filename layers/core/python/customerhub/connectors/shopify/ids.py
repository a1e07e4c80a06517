"""Shopify's global ids. The hub keeps the number at their end, as text: it passes 2^53."""

import re

from customerhub.domain.ids import ExternalId
from customerhub.errors import UnreadableRecord

_GLOBAL_ID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]{1,20})")
_NUMBER = re.compile(r"[0-9]{1,20}")


def to_external_id(global_id: str) -> ExternalId:
    """The number of a global id. Raises UnreadableRecord where it is none."""
    match = _GLOBAL_ID.fullmatch(global_id)
    if match is None:
        raise UnreadableRecord("Shopify answered with an id that is none")
    return ExternalId(match[1])


def is_number(text: str) -> bool:
    """Whether Shopify can have a record of that number at all."""
    return _NUMBER.fullmatch(text) is not None


def from_external_id(kind: str, number: str) -> str:
    """The global id of a record of that kind."""
    return f"gid://shopify/{kind}/{number}"
