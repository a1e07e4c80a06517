"""Postal addresses, as the hub names their parts. Pure."""

from collections.abc import Mapping

from customerhub.domain.names import clean_name

ADDRESS_PARTS = {
    "line1": ("line1", "address1"),
    "line2": ("line2", "address2"),
    "city": ("city",),
    "region": ("region", "province"),
    "postalCode": ("postalCode", "zip"),
    "country": ("country",),
}
"""Parts of an address as the hub names them, and as shops do."""


def hub_address(told: Mapping[str, str]) -> Mapping[str, str]:
    """An address of a shop as the hub keeps it: its parts by our names, cleaned; without those that are blank, and
    those that are none of ours."""
    found = {part: next(filter(None, map(told.get, names)), "") for part, names in ADDRESS_PARTS.items()}
    cleaned = {part: clean_name(text) for part, text in found.items()}
    return {part: text for part, text in cleaned.items() if text}
