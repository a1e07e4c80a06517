"""The routes of the function `analytics`."""

from customerhub.entrypoints.http_api.analytics import READ_MERGES, READ_QUALITY, READ_SOURCES

ANALYTICS_ROUTES = (READ_SOURCES, READ_MERGES, READ_QUALITY)
