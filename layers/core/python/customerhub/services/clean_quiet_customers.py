"""Remove temporary accounts and placeholder data, once they have been quiet for long."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from customerhub.domain.customer import Customer
from customerhub.domain.departure import Estate, Requester, erase, take_off
from customerhub.domain.erasure import Cause, Erasure
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import CredentialId
from customerhub.domain.quiet import QUIET, is_temporary, placeholders
from customerhub.domain.tenant import Tenant
from customerhub.ports import Clock, ErasureStore, IdentityStore, QuietCustomers, TraceStore
from customerhub.services.attempts import attempts
from customerhub.services.read_estate import read_estate
from customerhub.services.sweep_erasure import sweep_erasure

CREDENTIAL = CredentialId("schedule:cleanup")
SOURCE = "cleanup"
PAGE = 50


class Fate(StrEnum):
    """What becomes of a customer who was quiet."""

    REMOVED = "removed"
    CLEANED = "cleaned"
    KEPT = "kept"


@dataclass(frozen=True)
class CleanupParts:
    """What the cleaning works on."""

    identities: IdentityStore
    erasures: ErasureStore
    traces: TraceStore
    quiet: QuietCustomers
    clock: Clock


def clean_quiet_customers(tenant: Tenant, run: str, until: datetime, *, parts: CleanupParts) -> Mapping[Fate, int]:
    """Look at each customer of a tenant who has been quiet for `QUIET` since the last run, until there is none left or
    it is `until`; how many were removed, cleaned and kept.

    A temporary account is removed without tombstone; placeholders are taken off whoever stays. How far it has come is
    noted page by page, so that a page is seen again where a run was interrupted, which does no harm; other patterns of
    the tenant's begin anew. Raises StoreUnavailable and TooMuchContention.
    """
    fates = Counter(dict.fromkeys(Fate, 0))
    cleaner = _Cleaner(tenant, run, until, parts)
    after = parts.quiet.get_watermark(tenant)
    while parts.clock.now() < until:
        page = parts.quiet.read_quiet(tenant.id, after, parts.clock.now() - QUIET, PAGE)
        fates.update(cleaner.clean(customer) for customer in page.items)
        if page.after is None:
            break
        after = page.after
        parts.quiet.put_watermark(tenant, after)
    return fates


@dataclass(frozen=True)
class _Cleaner:
    tenant: Tenant
    run: str
    until: datetime
    parts: CleanupParts

    def clean(self, customer: Customer) -> Fate:
        """One customer. Who comes back meanwhile is kept."""
        if not is_temporary(customer, self.tenant) and not placeholders(customer, self.tenant):
            return Fate.KEPT
        return attempts(self.parts.clock, lambda: self._attempt(customer))

    def _attempt(self, listed: Customer) -> Fate:
        customer = self.parts.identities.get_customers(self.tenant.id, [listed.id]).get(listed.id)
        if not isinstance(customer, Customer) or customer.updated_at != listed.updated_at:
            return Fate.KEPT
        estate = read_estate(customer, self.tenant, store=self.parts.identities)
        if is_temporary(customer, self.tenant) and not self.parts.quiet.has_records(customer):
            self._remove(estate)
            return Fate.REMOVED
        return self._take_off(estate)

    def _take_off(self, estate: Estate) -> Fate:
        vague = placeholders(estate.customer, self.tenant)
        if not vague:
            return Fate.KEPT
        circumstances = Circumstances(CREDENTIAL, SOURCE, self.run, self.parts.clock.now())
        self.parts.identities.write(self.tenant, take_off(estate, vague, circumstances), None)
        return Fate.CLEANED

    def _remove(self, estate: Estate) -> None:
        requester = Requester(CREDENTIAL, by_person=False, now=self.parts.clock.now())
        changes = erase(estate, self.tenant, Cause.TEMPORARY, requester)
        self.parts.identities.write(self.tenant, changes, None)
        (erasure,) = changes.erasures
        self._sweep(erasure.stored())

    def _sweep(self, erasure: Erasure) -> None:
        """What it leaves undone is finished with the other erasures."""
        parts = self.parts
        sweep_erasure(
            erasure,
            self.tenant,
            until=self.until,
            identities=parts.identities,
            erasures=parts.erasures,
            traces=parts.traces,
            clock=parts.clock,
        )
