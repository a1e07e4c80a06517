"""The whole product on MiniStack: synthesised, deployed, seeded and served under a plain base URL."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from customerhub.deployment import (
    ALERTS_TOPIC_VARIABLE,
    CHECK_INTEGRATIONS,
    CUSTOMERS_TABLE_VARIABLE,
    DELIVERIES_QUEUE_VARIABLE,
    IMPORTS_BUCKET_VARIABLE,
    IMPORTS_QUEUE_VARIABLE,
    INTEGRATION_CARE,
    JOBS_QUEUE_VARIABLE,
    PUBLIC_URL_VARIABLE,
    RUNS_QUEUE_VARIABLE,
    WORK_TABLE_VARIABLE,
)
from infra.local.deployment import DeployedStack, deploy
from infra.local.emulator import Emulator
from infra.local.front_door import front_door, serving
from infra.local.function_logs import function_logs
from infra.local.identity_provider import IdentityProvider, Issuer
from infra.local.outbox import Outbox, verify_sender
from infra.local.partners.processes import Partner, running_partners
from infra.local.partners.switch import PartnerSwitch
from infra.local.progress import Step
from infra.local.seed import DEMO_TENANTS, KeyRing, Operator, SeededTenant, connect_partners, seed
from infra.stacks import outputs
from infra.synth import LOCAL_SENDER, synthesise

TABLES = {CUSTOMERS_TABLE_VARIABLE: outputs.CUSTOMERS_TABLE, WORK_TABLE_VARIABLE: outputs.WORK_TABLE}
QUEUES = {
    JOBS_QUEUE_VARIABLE: outputs.JOBS_QUEUE,
    IMPORTS_QUEUE_VARIABLE: outputs.IMPORTS_QUEUE,
    DELIVERIES_QUEUE_VARIABLE: outputs.DELIVERIES_QUEUE,
    IMPORTS_BUCKET_VARIABLE: outputs.IMPORTS_BUCKET,
    RUNS_QUEUE_VARIABLE: outputs.RUNS_QUEUE,
    ALERTS_TOPIC_VARIABLE: outputs.ALERTS_TOPIC,
}
"""Environment variable of a function to the stack's output that it is filled from."""


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
    partners: list[Partner]
    """The doubles of shops and CRMs, which the first tenant is connected to."""
    queues: dict[str, str]
    """Environment variable to the queues' URLs, the name of the bucket of imports and the topic of alerts, as a
    function gets them."""
    functions: dict[str, str]
    """The name of each folder in `functions` to what Lambda calls it."""

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to work on what the hub stores and sends."""
        return {
            **self.emulator.environment(),
            **self.tables,
            **self.queues,
            PUBLIC_URL_VARIABLE: self.base_url,
        }

    def wake(self, function: str, task: str) -> None:
        """Have the function carry out a task as the schedule does; does not wait for it."""
        self.emulator.client("lambda").invoke(
            FunctionName=self.functions[function], InvocationType="Event", Payload=json.dumps({"task": task})
        )

    def function_logs(self) -> list[str]:
        """Every line that the functions have written."""
        return function_logs(self.emulator)


@contextmanager
def running_hub(emulator: Emulator, listener: socket.socket, state: Path, step: Step) -> Iterator[Hub]:
    """Deploy the hub to `emulator` and serve it on `listener` until the context ends.

    `state` keeps the keys of the issuers and of the demo tenants, and what the doubles know, from run to run.
    """
    with ExitStack() as running:
        with step("Starting the doubles of the shops"):
            # Before all else: the functions of an earlier run go on with what it owed at once.
            partners = running.enter_context(running_partners(state / "partners"))
        with step("Packaging and synthesising"):
            assembly = synthesise()
        with step("Deploying"):
            base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            stack = deploy(assembly, emulator, {outputs.PUBLIC_URL: base_url})
        issuers = {tenant.id: Issuer.load(base_url, tenant.id, state / "issuers") for tenant in DEMO_TENANTS}
        api_url = f"{emulator.endpoint}/_aws/execute-api/{stack.outputs[outputs.API_ID]}"
        verify_sender(emulator, LOCAL_SENDER)
        routes = [*IdentityProvider(issuers).routes(), *Outbox(emulator).routes(), *PartnerSwitch(partners).routes()]
        running.enter_context(serving(front_door(api_url, routes), listener))
        with step("Starting the functions"):
            _require_answer(base_url)
        tables, queues = _named(stack, TABLES), _named(stack, QUEUES)
        with step("Seeding the demo tenants"):
            operator = Operator({**emulator.environment(), **tables, **queues})
            tenants = seed(base_url, operator, issuers, KeyRing(state / "demo_keys.json"))
            connect_partners(operator, partners)
        hub = Hub(base_url, tenants, tables, emulator, partners, queues, _functions(stack))
        # The port may be another one than in the run before: the shops are to send their webhooks to this one.
        hub.wake(INTEGRATION_CARE, CHECK_INTEGRATIONS.name)
        yield hub


def _named(stack: DeployedStack, outputs_of: Mapping[str, str]) -> dict[str, str]:
    return {variable: stack.outputs[output] for variable, output in outputs_of.items()}


def _functions(stack: DeployedStack) -> dict[str, str]:
    named = stack.of_type("AWS::Lambda::Function")
    described = ((properties.get("Description", ""), name) for name, properties in named)
    prefix = "Customer Hub: "
    return {text.removeprefix(prefix): name for text, name in described if text.startswith(prefix)}


def _require_answer(base_url: str) -> None:
    response = httpx.get(f"{base_url}/openapi.json", timeout=60, trust_env=False)
    if response.status_code != httpx.codes.OK:
        raise HubFailedError(f"GET /openapi.json: {response.status_code} {response.text[:500]}")
