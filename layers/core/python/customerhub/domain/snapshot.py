"""What a platform last had of a customer, as far as the hub knows: the base by which a change there is told from what
was so before. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from customerhub.domain.remote import RemoteCustomer

_MAY_BE_UNTOLD = ("tags", "state", "email_consent", "sms_consent")


@dataclass(frozen=True)
class Snapshot:
    """One record as it was last seen, whoever made it so. What was never told is None."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    first_name: str | None = None
    last_name: str | None = None
    address: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] | None = None
    state: str | None = None
    email_consent: str | None = None
    sms_consent: str | None = None


def seen(remote: RemoteCustomer, before: Snapshot | None) -> Snapshot:
    """The record as just read. What is withheld, and what this word about it does not tell, is as it was `before`."""
    fresh = Snapshot(
        emails=remote.emails,
        phones=remote.phones,
        first_name=remote.first_name,
        last_name=remote.last_name,
        address=dict(remote.address),
        tags=tuple(sorted(remote.tags)) if remote.tags is not None else None,
        state=remote.state,
        email_consent=remote.email_consent,
        sms_consent=remote.sms_consent,
    )
    known = before or Snapshot()
    untold = {name for name in _MAY_BE_UNTOLD if getattr(fresh, name) is None} | remote.withheld
    kept: dict[str, Any] = {name: getattr(known, name) for name in sorted(untold)}
    return replace(fresh, **kept)


def from_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """Plain values, as they are stored and exported."""
    return {
        "emails": list(snapshot.emails),
        "phones": list(snapshot.phones),
        "first_name": snapshot.first_name,
        "last_name": snapshot.last_name,
        "address": dict(snapshot.address),
        "tags": None if snapshot.tags is None else list(snapshot.tags),
        "state": snapshot.state,
        "email_consent": snapshot.email_consent,
        "sms_consent": snapshot.sms_consent,
    }


def to_snapshot(stored: Mapping[str, Any]) -> Snapshot:
    """The snapshot that plain values are."""
    return Snapshot(
        tuple(stored["emails"]),
        tuple(stored["phones"]),
        stored["first_name"],
        stored["last_name"],
        dict(stored["address"]),
        None if stored["tags"] is None else tuple(stored["tags"]),
        stored["state"],
        stored["email_consent"],
        stored["sms_consent"],
    )
