"""`RateLimit-*` headers (IETF draft-ietf-httpapi-ratelimit-headers-06, the three-header form that clients read)."""

from collections.abc import Mapping

from customerhub.errors import TooManyRequests
from customerhub.ports import RATE_WINDOW_S, RateStatus


def rate_headers(status: RateStatus) -> Mapping[str, str]:
    """Where the caller stands, about this person; the policy names the credential's ceiling too."""
    return {
        "RateLimit-Limit": str(status.limit),
        "RateLimit-Remaining": str(status.remaining),
        "RateLimit-Reset": str(status.reset_s),
        "RateLimit-Policy": f"{status.limit};w={RATE_WINDOW_S}, {status.ceiling};w={RATE_WINDOW_S}",
    }


def exhausted_headers(error: TooManyRequests) -> Mapping[str, str]:
    """The limit that is used up."""
    return {
        "RateLimit-Limit": str(error.limit),
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": str(error.retry_after_s),
        "RateLimit-Policy": f"{error.limit};w={error.window_s}",
    }
