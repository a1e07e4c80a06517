"""Records that hang on a customer: links, orders, enrollments, leads. A merge leaves them where they were written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CustomerId


class RecordKind(StrEnum):
    """What a record is."""

    ENROLLMENT = "enrollment"
    LEAD = "lead"
    LINK = "link"
    ORDER = "order"


@dataclass(frozen=True)
class Record:
    """One record in the collection of `customer`. `id` is unique within its kind and collection.

    `via` are the identifiers by which it came to the customer, and `written_at` when: they tell whose it is when a
    merge is undone. `content` is what else is stored.
    """

    customer: CustomerId
    kind: RecordKind
    id: str
    written_at: datetime
    via: tuple[IdentifierKey, ...]
    content: Mapping[str, Any]


@dataclass(frozen=True)
class RecordChange:
    """A record as it is to be, and what was read in its place; None where nothing was there."""

    after: Record
    before: Record | None = None
