"""What somebody who tries the hub needs to know: on the terminal, and as JSON for programs."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.hub import Hub
from infra.local.partners.demo import partner_facts


def curl(hub: Hub) -> str:
    """A first call to paste into a shell."""
    return (
        f"curl -X POST {hub.base_url}/functions/v1/customer-management"
        f" -H 'Authorization: Bearer {hub.tenants[0].service_key}'"
        " -H 'Content-Type: application/json'"
        """ -d '{"phone": "+15551234567", "firstName": "John", "lastName": "Smith", "source": "chatbot"}'"""
    )


def welcome(hub: Hub) -> str:
    """The base URL, the demo keys and the first call, for the terminal."""
    lines = [f"Customer Hub is running at {hub.base_url} (description of the API: {hub.base_url}/docs)", ""]
    lines += [f"  {tenant.name:12} service key {tenant.service_key}" for tenant in hub.tenants]
    lines += [f"  {partner.name:12} double at {partner.url}" for partner in hub.partners]
    return "\n".join(["", *lines, "", "Try:", "", curl(hub), "", "Ctrl-C stops it."])


@contextmanager
def published(hub: Hub, path: Path) -> Iterator[None]:
    """Keep `path` filled with the facts as JSON while the context lasts. A reader never sees half of it."""
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps(_facts(hub), indent=2) + "\n")
    os.replace(fresh, path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _facts(hub: Hub) -> dict[str, object]:
    tenants = [
        {
            "id": tenant.id,
            "name": tenant.name,
            "region": tenant.region,
            "serviceKey": tenant.service_key,
            "issuer": tenant.issuer,
        }
        for tenant in hub.tenants
    ]
    return {
        "baseUrl": hub.base_url,
        "tenants": tenants,
        # Doubles of shops and CRMs, connected to the first tenant. Their `/_control` is what their staff would do.
        "partners": partner_facts(hub.partners),
        "curl": curl(hub),
        # For a look behind the scenes, and for tests and measurements from another process.
        "environment": hub.environment(),
    }
