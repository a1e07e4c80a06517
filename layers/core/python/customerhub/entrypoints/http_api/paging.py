"""Pages of a list over HTTP: `limit` and `cursor` in the query string, `nextCursor` in the body.

A cursor stands in URLs, which others log and keep, and a position may be a name. So it is encrypted and authenticated
(AES-256-GCM) under a key of the tenant: it tells nothing, cannot be made up, and opens in its own list only.
"""

import base64
import binascii
import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customerhub.domain.page import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.http_api.route import Parameter, Request
from customerhub.errors import InvalidInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAX_CURSOR_CHARACTERS = 1024
_LIMIT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_NONCE_BYTES = 12

PAGE_PARAMETERS = {
    "limit": Parameter(
        f"Entries of a page at most; {DEFAULT_PAGE_SIZE} by default.",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE},
    ),
    "cursor": Parameter(
        "The `nextCursor` of the page before, of the same list.",
        {"maxLength": MAX_CURSOR_CHARACTERS, "pattern": "^[A-Za-z0-9_-]+$"},
    ),
}


@dataclass(frozen=True)
class Paging:
    """Which page of a list is asked for. The parts of `listing` name the list: what chose it, and what it is about."""

    tenant: Tenant
    listing: tuple[str, ...]
    after: str | None
    limit: int

    def cursor(self, after: str | None) -> str | None:
        """What leads to the page beyond that position; None where there is none."""
        if after is None:
            return None
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = _cipher(self.tenant).encrypt(nonce, after.encode(), _context(self.listing))
        return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def read_paging(request: Request, *listing: str) -> Paging:
    """The page that a request asks for. Raises InvalidInput with field `limit` or `cursor`."""
    tenant, cursor = request.caller.tenant, request.query.get("cursor")
    return Paging(tenant, listing, open_cursor(cursor, tenant, listing), _limit(request.query.get("limit")))


def open_cursor(cursor: str | None, tenant: Tenant, listing: tuple[str, ...]) -> str | None:
    """The position that a cursor of that list stands for; None without one. Raises InvalidInput with field `cursor`."""
    return None if cursor is None else _position(cursor, tenant, listing)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE_SIZE
    if not _LIMIT.fullmatch(text) or int(text) > MAX_PAGE_SIZE:
        raise InvalidInput(f"should be a whole number from 1 to {MAX_PAGE_SIZE}", field="limit")
    return int(text)


def _position(cursor: str, tenant: Tenant, listing: tuple[str, ...]) -> str:
    from cryptography.exceptions import InvalidTag

    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return _cipher(tenant).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _context(listing)).decode()
    except (ValueError, binascii.Error, InvalidTag) as error:
        raise InvalidInput("not a cursor that this list gave", code="invalid_cursor", field="cursor") from error


def _cipher(tenant: Tenant) -> "AESGCM":
    # Most calls need no cursor; importing this costs a cold start 30 ms.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(bytes.fromhex(tenant.keyed_hash("cursor")))


def _context(listing: tuple[str, ...]) -> bytes:
    return json.dumps(listing).encode()
