"""`GET /openapi.json` and `GET /docs`: public, and made from the code once per process.

The page is Swagger UI, whose script and style come packed in Powertools; nothing is loaded from elsewhere, and the
page's policy forbids it.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from customerhub.entrypoints.http_api.openapi import openapi_document
from customerhub.entrypoints.http_api.routes.every import ALL_ROUTES

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

CACHE_CONTROL = "public, max-age=300"
START = """
SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, tryItOutEnabled: true, persistAuthorization: false
})
"""


def build_api_docs() -> Handler:
    """The handler. It reads no data and asks for no credential."""
    pages = {"GET /openapi.json": _openapi, "GET /docs": _docs}

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        packed, headers = pages[event["routeKey"]]()
        if "gzip" in event.get("headers", {}).get("accept-encoding", ""):
            body, headers = base64.b64encode(packed).decode(), {**headers, "Content-Encoding": "gzip"}
            return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}
        return {"statusCode": 200, "headers": dict(headers), "body": gzip.decompress(packed).decode()}

    return handle


@cache
def _openapi() -> tuple[bytes, Mapping[str, str]]:
    document = json.dumps(openapi_document(ALL_ROUTES))
    return gzip.compress(document.encode()), _headers("application/json")


@cache
def _docs() -> tuple[bytes, Mapping[str, str]]:
    assets = files("aws_lambda_powertools.event_handler.openapi.swagger_ui")
    script = assets.joinpath("swagger-ui-bundle.min.js").read_text(encoding="utf-8")
    style = assets.joinpath("swagger-ui.min.css").read_text(encoding="utf-8")
    page = f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Customer Hub API</title><link rel="icon" href="data:,"><style>{style}</style></head>
<body><div id="swagger-ui"></div><script>{script}</script><script>{START}</script></body>
</html>"""
    policy = (
        f"default-src 'none'; connect-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'; "
        f"script-src {_source(script)} {_source(START)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return gzip.compress(page.encode()), {
        **_headers("text/html; charset=utf-8"),
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
    }


def _headers(content_type: str) -> dict[str, str]:
    return {"Content-Type": content_type, "Cache-Control": CACHE_CONTROL, "Vary": "Accept-Encoding"}


def _source(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
