"""The API behind its real authorizer: callers come with a credential, and with nothing else."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from customerhub.bootstrap import build_credential_app
from customerhub.domain.caller import Scope
from customerhub.domain.credentials import Issuer
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.authorizer import build_authorizer
from customerhub.services.issue_service_key import issue_service_key
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from infra.local import identity_provider
from infra.local.tables import DynamoDBTables
from tests.support.till import Reply, Till, fresh_tenant, open_till


@dataclass(frozen=True)
class KeySets:
    """A web server that publishes documents; `asked` are the paths that were fetched."""

    url: str
    documents: dict[str, Any]
    asked: list[str]


@contextmanager
def serving_key_sets() -> Iterator[KeySets]:
    """The server, until the context ends."""
    documents: dict[str, Any] = {}
    asked: list[str] = []

    class Documents(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path in documents else 404)
            self.end_headers()
            self.wfile.write(json.dumps(documents.get(self.path, {})).encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Documents) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield KeySets(f"http://127.0.0.1:{server.server_port}", documents, asked)
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Door:
    """One tenant's API, and the issuer whose tokens open it."""

    till: Till
    issuer: identity_provider.Issuer
    authorize: Any
    credentials: Any

    def call(self, credential: str, route: str, *, path: Mapping[str, str] | None = None, body: Any = None) -> Reply:
        """A call with `Authorization: Bearer <credential>`, authorized as API Gateway has it done."""
        headers, request = {"authorization": f"Bearer {credential}"}, {"requestId": "request"}
        context = self.authorize({"headers": headers, "requestContext": request}, None)["context"]
        event = {
            "routeKey": route,
            "requestContext": request | {"authorizer": {"lambda": context}},
            "headers": headers,
            "pathParameters": path,
            "body": json.dumps({} if body is None else body),
        }
        answer = self.till.handler(event, None)
        return Reply(answer["statusCode"], json.loads(answer["body"]), answer["headers"])

    def get(self, credential: str, customer_id: str) -> Reply:
        """`GET /api/customers/{customerId}`."""
        return self.call(credential, "GET /api/customers/{customerId}", path={"customerId": customer_id})

    def manage(self, credential: str, **body: Any) -> Reply:
        """`POST /functions/v1/customer-management`."""
        return self.call(credential, "POST /functions/v1/customer-management", body=body)

    def service_key(self, *scopes: Scope) -> str:
        """A new key of the tenant's with these scopes."""
        app = self.credentials
        _, text = issue_service_key(
            self.till.tenant.id,
            "test",
            frozenset(scopes),
            calls_per_minute=1_000_000,
            expires_at=None,
            store=app.credentials,
            clock=app.clock,
        )
        return text


def open_door(tables: DynamoDBTables, key_sets: KeySets, directory: Path, tenant: Tenant | None = None) -> Door:
    """The door of a tenant, registered with an issuer of its own whose keys `key_sets` publishes."""
    tenant = tenant or fresh_tenant()
    app = build_credential_app(Settings(tables.names), tables.client())
    issuer = identity_provider.Issuer.load(key_sets.url, tenant.id, directory)
    key_sets.documents[issuer.jwks_url.removeprefix(key_sets.url)] = issuer.key_set()
    registered = Issuer(tenant.id, issuer.url, issuer.jwks_url, identity_provider.AUDIENCE)
    register_tenant(tenant, registered, store=app.credentials)
    return Door(open_till(tables.client(), tables.names, tenant), issuer, build_authorizer(app), app)
