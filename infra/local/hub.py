"""The whole product on MiniStack: synthesised, deployed, seeded and served under a plain base URL."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE, WORK_TABLE_VARIABLE
from infra.local.deployment import deploy
from infra.local.emulator import Emulator
from infra.local.front_door import front_door, serving
from infra.local.identity_provider import IdentityProvider, Issuer
from infra.local.outbox import Outbox, verify_sender
from infra.local.progress import Step
from infra.local.seed import DEMO_TENANTS, KeyRing, Operator, SeededTenant, seed
from infra.stacks import outputs
from infra.synth import LOCAL_SENDER, synthesise


class HubFailedError(Exception):
    """The deployed hub does not answer as it should."""


@dataclass(frozen=True)
class Hub:
    """A running hub."""

    base_url: str
    tenants: list[SeededTenant]
    tables: dict[str, str]
    """Environment variable to physical name, as a function gets them."""
    emulator: Emulator

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to work on the hub's tables."""
        return {**self.emulator.environment(), **self.tables}

    def function_logs(self) -> list[str]:
        """Every line that the functions have written, with what MiniStack adds to each call."""
        logs = self.emulator.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        pages = [
            page for group in groups for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        ]
        return [event["message"] for page in pages for event in page["events"]]


@contextmanager
def running_hub(emulator: Emulator, listener: socket.socket, state: Path, step: Step) -> Iterator[Hub]:
    """Deploy the hub to `emulator` and serve it on `listener` until the context ends.

    `state` keeps the keys of the issuers and of the demo tenants from run to run.
    """
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with step("Packaging and synthesising"):
        assembly = synthesise()
    with step("Deploying"):
        stack = deploy(assembly, emulator)
    tables = {
        CUSTOMERS_TABLE_VARIABLE: stack.outputs[outputs.CUSTOMERS_TABLE],
        WORK_TABLE_VARIABLE: stack.outputs[outputs.WORK_TABLE],
    }
    issuers = {tenant.id: Issuer.load(base_url, tenant.id, state / "issuers") for tenant in DEMO_TENANTS}
    api_url = f"{emulator.endpoint}/_aws/execute-api/{stack.outputs[outputs.API_ID]}"
    verify_sender(emulator, LOCAL_SENDER)
    routes = [*IdentityProvider(issuers).routes(), *Outbox(emulator).routes()]
    with serving(front_door(api_url, routes), listener):
        with step("Starting the functions"):
            _require_answer(base_url)
        with step("Seeding the demo tenants"):
            operator = Operator({**emulator.environment(), **tables})
            tenants = seed(base_url, operator, issuers, KeyRing(state / "demo_keys.json"))
        yield Hub(base_url, tenants, tables, emulator)


def _require_answer(base_url: str) -> None:
    response = httpx.get(f"{base_url}/openapi.json", timeout=60, trust_env=False)
    if response.status_code != httpx.codes.OK:
        raise HubFailedError(f"GET /openapi.json: {response.status_code} {response.text[:500]}")
