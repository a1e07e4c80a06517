"""The operator's commands `integrations …`: connect a merchant's shop or CRM, list what is connected, disconnect it.

Credentials come on standard input as a JSON object: what is on a command line, or in the environment, others can read.
"""

import argparse
import json
import sys
from typing import Any

from customerhub.app import OperatorApp
from customerhub.domain.connection import check_account, check_credentials, check_endpoint, check_intake
from customerhub.domain.integration import Intake, Integration, Platform, integration_id
from customerhub.domain.tenant import Tenant, tenant_id
from customerhub.errors import NotFound
from customerhub.services.connect_integration import connect_integration
from customerhub.services.disconnect_integration import KEPT, disconnect_integration
from customerhub.services.tell_queue import tell_queue

MAX_INPUT = 65_536


def add_integrations(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the commands."""
    commands = parser.add_subparsers(required=True)
    connect = _add(commands.add_parser("connect", help="credentials as a JSON object on standard input"), _connect)
    connect.add_argument("--id", required=True, help="lower-case letters, digits, hyphens; such as shopify")
    connect.add_argument("--platform", required=True, choices=list(Platform))
    connect.add_argument("--account", required=True, help="the shop's domain, the CRM's tenant id")
    connect.add_argument("--endpoint", help="a base URL in place of the platform's own")
    connect.add_argument("--intake", choices=list(Intake), default=Intake.HTTPS, help="how webhooks come")
    connect.add_argument("--event-source", help="the ARN of Shopify's EventBridge source, for that intake")
    _add(commands.add_parser("list", help="what is connected"), _list)
    disconnect = _add(commands.add_parser("disconnect", help="it is owed nothing more; all is kept"), _disconnect)
    disconnect.add_argument("--id", required=True)
    disconnect.add_argument("--offline", action="store_true", help="do not ask the platform to send no more webhooks")


def _add(parser: argparse.ArgumentParser, run: Any) -> argparse.ArgumentParser:
    parser.set_defaults(run=run)
    parser.add_argument("--tenant", required=True)
    return parser


def _connect(app: OperatorApp, options: argparse.Namespace) -> dict[str, Any]:
    platform, tenant = Platform(options.platform), _tenant(app, options)
    stated = Integration(
        tenant.id,
        integration_id(options.id),
        platform,
        check_account(platform, options.account),
        app.clock.now(),
        check_endpoint(options.endpoint),
        intake=(intake := Intake(options.intake)),
        event_source=check_intake(platform, intake, options.event_source),
    )
    credentials = check_credentials(platform, _read_credentials())
    connected = connect_integration(stated, credentials, parts=app.connecting)
    tell_queue(connected.jobs, queue=app.job_queue)
    return {**_shown(connected.integration), "credentials": sorted(credentials)}


def _read_credentials() -> Any:
    try:
        return json.loads(sys.stdin.read(MAX_INPUT))
    except (ValueError, RecursionError):
        # Not from the error: it holds what it could not read.
        return None


def _list(app: OperatorApp, options: argparse.Namespace) -> dict[str, Any]:
    found = app.club.integrations.list_integrations(_tenant(app, options).id)
    return {"integrations": [_shown(integration) for integration in found]}


def _disconnect(app: OperatorApp, options: argparse.Namespace) -> dict[str, Any]:
    tenant, asks = _tenant(app, options).id, not options.offline
    done = disconnect_integration(tenant, integration_id(options.id), parts=app.disconnecting, asks_platform=asks)
    stopped = {"run": done.cancelled_run, "webhooks": done.webhooks_removed, "webhooksReason": done.webhooks_reason}
    return {**_shown(done.integration), "stopped": stopped, "kept": KEPT}


def _tenant(app: OperatorApp, options: argparse.Namespace) -> Tenant:
    known = app.credentials.get_registration(tenant_id(options.tenant))
    if known is None:
        raise NotFound("there is no such tenant")
    return known[0]


def _shown(integration: Integration) -> dict[str, Any]:
    return {
        "id": integration.id,
        "platform": integration.platform,
        "account": integration.account,
        "endpoint": integration.endpoint,
        "active": integration.active,
        "intake": integration.intake,
        "eventSource": integration.event_source,
        "connectedAt": integration.connected_at.isoformat(),
        "renewedAt": integration.renewed_at.isoformat() if integration.renewed_at else None,
    }
