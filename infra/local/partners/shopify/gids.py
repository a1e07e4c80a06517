"""Global ids: `gid://shopify/Customer/10000000000000001`."""

import re
from dataclasses import dataclass

GID = re.compile(r"gid://shopify/(?P<kind>[A-Za-z]+)/(?P<name>[0-9A-Za-z_-]+)(?:\?.*)?")
ADDRESS_SUFFIX = "?model_name=CustomerAddress"
"""Shopify appends it to the ids of customers' addresses."""


@dataclass(frozen=True)
class Gid:
    """The kind of record that an id names, and which one."""

    kind: str
    name: str

    @property
    def number(self) -> int:
        """The numeric id; -1, which nothing has, where the id is none."""
        return int(self.name) if self.name.isdecimal() else -1


def read_gid(text: str) -> Gid | None:
    """The parts of an id, None where it is none."""
    found = GID.fullmatch(text)
    return Gid(found["kind"], found["name"]) if found else None


def number_of(text: str) -> int:
    """The numeric id in a global id whose form was checked before; -1 for what is none."""
    found = read_gid(text)
    return found.number if found else -1


def gid(kind: str, number: int) -> str:
    """The global id of a record."""
    return f"gid://shopify/{kind}/{number}"


def address_gid(number: int) -> str:
    """The global id of a customer's address."""
    return gid("MailingAddress", number) + ADDRESS_SUFFIX
