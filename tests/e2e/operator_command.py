"""The operator's command line, run against the tables of a hub as an operator runs it."""

import json
import os
import subprocess
import sys
from typing import Any

from infra.local.hub import Hub
from infra.paths import CORE_LAYER


def operate(hub: Hub, *words: str, told: str | None = None) -> Any:
    """What `python -m customerhub` prints for `words`, with `told` on its standard input. Raises CalledProcessError
    when it refuses."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(CORE_LAYER / "python"), **hub.environment()}
    command = [sys.executable, "-B", "-m", "customerhub", *words]
    done = subprocess.run(command, env=environment, input=told, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def register_tenant(hub: Hub, tenant: str, *settings: str) -> None:
    """Register a merchant in the United States, area code 707, with further `settings` of the command."""
    register = ("tenants", "register", "--tenant", tenant, "--name", "A merchant", "--region", "US")
    operate(hub, *register, "--area-code", "707", *settings)


def issue_key(hub: Hub, tenant: str) -> str:
    """A new service key that holds every scope."""
    issued = operate(hub, "keys", "issue", "--tenant", tenant, "--name", "a backend", "--scope", "all")
    return str(issued["serviceKey"])


def connect_crm(hub: Hub, tenant: str, name: str, url: str, secret: str) -> None:
    """Connect a Commerce7 that answers at `url`."""
    words = ("integrations", "connect", "--tenant", tenant, "--id", name, "--platform", "commerce7")
    told = json.dumps({"appId": "app", "appSecret": secret})
    operate(hub, *words, "--account", f"{tenant}-{name}", "--endpoint", url, told=told)
