"""One measurement of `tests.bench.pulls` of the hub's own, alone in its process; prints JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from customerhub.aws.clock import SystemClock
from customerhub.bootstrap import build_credential_app, build_pull_parts
from customerhub.connectors.base import partner_http_client
from customerhub.connectors.registry import connector_for
from customerhub.domain.ids import CredentialId, IntegrationId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.pace import Allowance, AllowanceReport
from customerhub.domain.run import Run, RunKind, RunStatus
from customerhub.ports.connector import Connector
from customerhub.services.register_tenant import register_tenant
from customerhub.services.start_run import start_run
from customerhub.services.work_run import work_run
from customerhub.settings import settings_from_environment
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.table import Database
from tests.support.till import fresh_tenant

TENANT, SHOP = TenantId("bench"), IntegrationId("shopify")
"""Always the same: the second pull finds what the first one left."""
CLOCK = SystemClock()


class NoPace:
    """Implements `ports.partners.Pacer`: this shop throttles nobody."""

    def take(self, *_: Allowance | float) -> None:
        """Takes nothing."""

    def report(self, *_: Allowance | AllowanceReport) -> None:
        """Hears nothing."""


class Nobody:
    """Implements the queues and the topic: nobody is told."""

    def send(self, *_: object, **__: object) -> None:
        """Not sent."""

    def send_starts(self, *_: object, **__: object) -> None:
        """Not sent."""

    def publish(self, *_: object) -> None:
        """Not published."""


@dataclass(frozen=True)
class OneShop:
    """Implements `ports.partners.Connectors`, for one shop on the loopback."""

    connector: Connector

    def open(self, _: Integration) -> Connector:
        """The one."""
        return self.connector

    def try_open(self, _: Integration, __: Mapping[str, Any]) -> Connector:
        """The one."""
        return self.connector

    def are_renewed(self, *_: object) -> bool:
        """They are always those of now."""
        return False


def read(shop: str) -> None:
    """All pages, asked for and checked by the connector; nothing is kept."""
    connector, cursor = _connector(shop), None
    while True:
        page = connector.customers_changed_since(None, cursor)
        cursor = page.cursor
        if cursor is None:
            return


def pull(shop: str) -> None:
    """A run over everything, worked as the function works it: of a shop that is new, each customer is."""
    settings, nobody = settings_from_environment(), Nobody()
    client, connectors = _client(), OneShop(_connector(shop))
    parts = build_pull_parts(
        settings, client, connectors=connectors, queue=nobody, job_queue=nobody, topic=nobody, clock=CLOCK
    )
    store = DynamoIntegrationStore(Database(client), settings.work_table)
    integration = store.get_integration(TENANT, SHOP)
    if integration is None:
        tenant = replace(fresh_tenant(hash_key="ab" * 32), id=TENANT)
        register_tenant(tenant, None, store=build_credential_app(settings).credentials)
        integration = store.connect_integration(_integration(shop), None, [])
    run = start_run(integration, RunKind.COMPARE, CredentialId("key:bench"), parts=parts.starting)
    ended: Run | None = run
    while ended and ended.status is RunStatus.RUNNING:
        work_run(TENANT, run.id, CLOCK.now() + timedelta(hours=12), parts=parts)
        ended = parts.runs.get_run(TENANT, run.id)
        if ended and ended.due_at:
            time.sleep(max(0.0, (ended.due_at - CLOCK.now()).total_seconds()))
    if ended is None or ended.status is not RunStatus.COMPLETED or not ended.is_balanced:
        raise RuntimeError(f"the run did not complete: {ended}")
    print({str(verdict): number for verdict, number in ended.total.verdicts.items()})


def _integration(shop: str) -> Integration:
    return Integration(TENANT, SHOP, Platform.SHOPIFY, "bench.myshopify.com", CLOCK.now(), endpoint=shop)


def _connector(shop: str) -> Connector:
    http = partner_http_client()
    return connector_for(_integration(shop), {"access_token": "token"}, http, NoPace(), CLOCK)


def _client() -> Any:
    """A patient one: MiniStack looks at every item of a table for a query of an index."""
    from botocore.config import Config
    from botocore.session import get_session

    return get_session().create_client("dynamodb", config=Config(read_timeout=300, max_pool_connections=16))


MEASURED: dict[str, Callable[[str], None]] = {"read": read, "initial": pull, "again": pull}


def main(what: str, shop: str) -> None:
    """Measure and print. CPU time is all of this process's, its start included."""
    MEASURED[what](shop)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s, peak_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(json.dumps({"ended_at": time.time(), "cpu_s": cpu_s, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
