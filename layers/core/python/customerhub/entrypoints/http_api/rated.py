"""One call under its rate limits."""

from collections.abc import Callable
from dataclasses import replace

from customerhub.app import App
from customerhub.entrypoints.http_api.rate_headers import rate_headers
from customerhub.entrypoints.http_api.route import Request, Response
from customerhub.ports import RateVerdict


def rated(app: App, request: Request, person: str | None, work: Callable[[RateVerdict], Response]) -> Response:
    """The response of `work`, with the headers that say where the caller stands about `person` (None: about nobody in
    particular).

    The counters run beside the reads. `work` gets the verdict and must require it before it writes; a refused call
    counts too, or ids could be guessed.
    """
    caller = request.caller
    verdict = app.rate_limiter.count(caller.tenant.id, caller.credential, person, caller.calls_per_minute)
    try:
        response = work(verdict)
    finally:
        status = verdict.require()
    return replace(response, headers={**response.headers, **rate_headers(status)})
