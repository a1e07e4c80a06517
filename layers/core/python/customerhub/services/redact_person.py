"""A platform has passed on that a person wants to be forgotten."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from customerhub.domain.caller import Scope, TrustedCaller
from customerhub.domain.changes import Changes
from customerhub.domain.duty import Duty, Outcome, Receipt
from customerhub.domain.erasure import Erasure
from customerhub.domain.identifier import Claim, Grade
from customerhub.domain.ids import CredentialId, CustomerId
from customerhub.domain.link import external_key
from customerhub.domain.tenant import Tenant
from customerhub.errors import NotFound
from customerhub.ports import IdentityStore
from customerhub.ports.duties import DutyStore
from customerhub.services.duty_parts import DutyParts
from customerhub.services.erase_customer import erase_customer


def redact_person(duty: Duty, tenant: Tenant, until: datetime, *, parts: DutyParts) -> Duty:
    """Erase whomever the duty concerns; the duty as it stands then, done once nothing is left of them, or where nobody
    is known, and nobody can be brought by the platform's record any more. Idempotent: what was erased already is not
    erased again. Raises LostRace where somebody else is at it, and what `erase_customer` raises."""
    credential, scopes = CredentialId(f"integration:{duty.integration}"), frozenset({Scope.CUSTOMERS_ERASE})
    caller = TrustedCaller(tenant, credential, scopes, calls_per_minute=0)
    erased: list[Erasure] = []
    for customer in concerned(duty, tenant, identities=parts.identities, duties=parts.duties):
        if parts.clock.now() >= until:
            return duty
        with suppress(NotFound):
            erased.append(
                erase_customer(
                    customer,
                    caller,
                    identities=parts.identities,
                    erasures=parts.erasures,
                    traces=parts.traces,
                    clock=parts.clock,
                )
            )
    if any(erasure.completed_at is None for erasure in erased) or not _bury_record(duty, tenant, parts):
        return duty
    outcome = Outcome.ERASED if erased else Outcome.NOTHING_KEPT
    ids = tuple(dict.fromkeys(erasure.id for erasure in erased))
    done = duty.done(Receipt(outcome, parts.clock.now(), erasures=ids))
    parts.duties.put_duty(done)
    return done.stored()


def _bury_record(duty: Duty, tenant: Tenant, parts: DutyParts) -> bool:
    """Make the record's id a tombstone where it is nobody's: the hub may never have met the record, or have known the
    person by something else, and a run may be about to bring it. False where it has come to be somebody's since: that
    one is erased the next time. One round trip, two where there is no tombstone yet. Raises LostRace."""
    if duty.customer is None:
        return True
    key = external_key(duty.integration, duty.customer)
    reading = parts.identities.read_identity(tenant, [key], None)
    if key in reading.claims:
        return False
    if key not in reading.gone:
        nobodys = Claim(key, CustomerId(""), Grade.ASSERTED, duty.integration, parts.clock.now())
        parts.identities.write(tenant, Changes(buried=(nobodys,)), None)
    return True


def concerned(duty: Duty, tenant: Tenant, *, identities: IdentityStore, duties: DutyStore) -> tuple[CustomerId, ...]:
    """Whom a duty about a person concerns: who was known when it came, and whose the platform's record is by now. Three
    round trips."""

    def found() -> Iterator[CustomerId]:
        yield from duty.customers
        if duty.customer:
            key = external_key(duty.integration, duty.customer)
            claim = identities.read_identity(tenant, [key], None).claims.get(key)
            yield from [claim.owner] if claim else []
            yield from duties.find_linked(duty.tenant, duty.integration, duty.customer)

    return tuple(dict.fromkeys(found()))
