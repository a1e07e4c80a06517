"""A life that was another person's too for a while, until their merge was undone. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from customerhub.domain.events import Event
from customerhub.domain.ids import CustomerId
from customerhub.domain.merge import MergeRecord
from customerhub.domain.redaction import MARGIN, Span


def shared_times(records: Iterable[MergeRecord], ids: Collection[CustomerId]) -> tuple[Span, ...]:
    """When somebody was merged into one of these customers who is not any more. (What was written to others while they
    had absorbed one of these stays with the others.)"""
    return tuple((r.merged_at, r.undone_at) for r in records if r.undone_at and r.survivor.id in ids)


def is_shared(at: datetime, times: Iterable[Span]) -> bool:
    """Whether what was written at that time may tell of the other one."""
    return any(start - MARGIN <= at <= end + MARGIN for start, end in times)


def own_part(event: Event, times: Iterable[Span]) -> Event:
    """The event without its contents where these may be the other one's: nobody can tell them apart."""
    return replace(event, before={}, after={}, via=()) if is_shared(event.circumstances.now, times) else event
