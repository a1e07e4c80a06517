"""A merchant's shop or CRM is connected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from customerhub.domain.club import owed
from customerhub.domain.integration import UNKNOWN_SHOP, Intake, Integration
from customerhub.domain.job import Job, JobChange
from customerhub.domain.owing import owe_members, register_webhooks
from customerhub.errors import CredentialsRefused, InvalidInput, PartnerRefused, PartnerUnavailable, StateConflict
from customerhub.ports import Clock
from customerhub.ports.jobs import JobStore
from customerhub.ports.partners import Connectors, IntegrationStore, SecretStore
from customerhub.services.attempts import attempts

NO_SUCH_ACCOUNT = 404


@dataclass(frozen=True)
class ConnectParts:
    """The stores, and how a platform is asked whether it takes the credentials."""

    integrations: IntegrationStore
    jobs: JobStore
    secrets: SecretStore
    connectors: Connectors
    clock: Clock


@dataclass(frozen=True)
class Connected:
    """The integration, whether it is new, and the jobs that bring it up to what the hub has."""

    integration: Integration
    is_new: bool
    jobs: tuple[Job, ...]


def keep_endpoint(stated: Integration, *, parts: ConnectParts) -> Integration:
    """As stated, with the endpoint that an operator has set before: nobody else names an address that the hub calls.
    One round trip."""
    known = parts.integrations.get_integration(stated.tenant, stated.id)
    return replace(stated, endpoint=known.endpoint) if known else stated


def check_at_platform(stated: Integration, credentials: Mapping[str, Any], *, parts: ConnectParts) -> None:
    """Ask the platform whether it takes the credentials; nothing is stored. Raises InvalidInput where it does not, and
    PartnerUnavailable and NotReadyYet where it cannot say."""
    _require_same(stated, parts.integrations.get_integration(stated.tenant, stated.id))
    try:
        parts.connectors.try_open(stated, credentials).list_webhooks()
    except (CredentialsRefused, PartnerRefused) as refused:
        if refused.reason == UNKNOWN_SHOP:
            raise _unknown_account() from refused
        raise InvalidInput(
            f"the platform does not accept them: {refused.message}",
            code="credentials_refused",
            field="credentials",
        ) from refused
    except PartnerUnavailable as fault:
        if fault.status != NO_SUCH_ACCOUNT:
            raise
        raise _unknown_account() from fault


def _unknown_account() -> InvalidInput:
    return InvalidInput("the platform knows no such account", code="unknown_account", field="account")


def connect_integration(
    stated: Integration,
    credentials: Mapping[str, Any],
    *,
    parts: ConnectParts,
    before_write: Callable[[], object] = lambda: None,
) -> Connected:
    """Connect it, or replace its credentials and address; idempotent by its id. In the same transaction its account
    becomes its own among all tenants, and it is owed what makes it report to the hub, and what tells it of the members
    that there are.

    The credentials come first: an integration that workers can see has some. Raises InvalidInput where the id is
    another platform's or account's, StateConflict (code `account_connected`) where the account is that of another
    integration which is active, NotReadyYet where a worker is renewing the former credentials for too long,
    StoreUnavailable and ServiceUnavailable; after a fault, to be called again. Eight round trips to the table, ten
    where the account was connected before, and one or two to Secrets Manager.
    """
    _require_free(stated, parts)
    before_write()
    # Whoever is renewing the former ones would put them back.
    with parts.secrets.exclusive(stated.tenant, stated.id):
        parts.secrets.put(stated.tenant, stated.id, credentials)
    return attempts(parts.clock, lambda: _connect(stated, parts))


def _connect(stated: Integration, parts: ConnectParts) -> Connected:
    holder, known = _require_free(stated, parts)
    now = parts.clock.now()
    wanted = replace(stated, renewed_at=now)
    if known:
        wanted = replace(wanted, connected_at=known.connected_at, version=known.version)
    jobs = _jobs(stated, parts)
    integration = parts.integrations.connect_integration(wanted, holder, jobs)
    return Connected(integration, known is None, tuple(change.stored for change in jobs))


def _jobs(stated: Integration, parts: ConnectParts) -> tuple[JobChange, ...]:
    debts = [register_webhooks(stated.tenant, stated.id), owe_members(stated.tenant, stated.id)]
    known = parts.jobs.get_jobs(stated.tenant, [debt.job for debt in debts])
    return owed(debts, known, parts.clock.now())


def _require_free(stated: Integration, parts: ConnectParts) -> tuple[Integration | None, Integration | None]:
    """Who has the account now, and what is stored under that id."""
    known = parts.integrations.get_integration(stated.tenant, stated.id)
    _require_same(stated, known)
    holder = parts.integrations.find_holder(stated.platform, stated.account)
    if holder and holder.active and (holder.tenant, holder.id) != (stated.tenant, stated.id):
        whose = f"the integration {holder.id}" if holder.tenant == stated.tenant else "another merchant's integration"
        raise StateConflict(
            f"this account is {whose}: disconnect that one first", code="account_connected", field="account"
        )
    return holder, known


def _require_same(stated: Integration, known: Integration | None) -> None:
    """Discounts and links of one account mean nothing in another."""
    if known and (known.platform, known.account) != (stated.platform, stated.account):
        raise InvalidInput(
            f"this id is {known.account} on {known.platform}: connect another account under another id", field="id"
        )


def webhooks_target(integration: Integration, public_url: str) -> str:
    """Where the integration's webhooks are to be sent: the hub's own URL for the platform, or the event source."""
    if integration.intake is Intake.EVENTBRIDGE and integration.event_source:
        return integration.event_source
    return f"{public_url.rstrip('/')}/api/webhooks/{integration.platform}"
