"""The OpenAPI document and the page that shows it."""

from customerhub.entrypoints.http_api.api_docs import build_api_docs

handler = build_api_docs()
