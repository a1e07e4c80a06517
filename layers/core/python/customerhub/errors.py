"""The one exception tree, grouped by what must happen next.

HubError
├── Refused                 answer the caller, change nothing; each subclass is one HTTP status
│   ├── MalformedRequest        400
│   ├── Unauthenticated         401
│   ├── Forbidden               403
│   ├── NotFound                404
│   ├── StateConflict           409
│   ├── Gone                    410
│   ├── RequestTooLarge         413
│   ├── InvalidInput            422
│   └── TooManyRequests         429
├── RetryLater              the same request may succeed in `retry_after_s`: 503
│   ├── StoreUnavailable        DynamoDB throttled, timed out or failed
│   ├── TooMuchContention       other writers won every time
│   ├── KeySetUnavailable       an issuer's key set could not be fetched
│   ├── ServiceUnavailable      another service of AWS throttled, timed out or failed
│   ├── NotSent                 a message to a person was not taken, for sure
│   ├── PartnerUnavailable      a shop or CRM did not answer, answered with a fault, or asked for patience
│   │   └── UnreadableRecord        it answered a record that cannot be read: the others can be worked
│   └── NotReadyYet             what the work needs is not there yet, or its turn has not come: no failure
├── Parked                  a person must look at the work, `reason` says why: 502
│   ├── PartnerRefused          the shop or CRM will not take this record as it is
│   ├── CredentialsRefused      the shop or CRM no longer lets us in
│   └── NotSupported            the platform cannot do this at all
└── Skipped                 there is nothing left to do, `reason` says why: 409

An account conflict (409) is an outcome that a use case returns, not an error.
LostRace stands between: a write found that its reading is out of date, or met another transaction. The use case reads
again; it never reaches an edge. GuardFailed is the first of the two.
ConfigurationError stands outside the tree, so that nothing swallows it.

No message holds personal data: it names fields and reasons, never values.
"""

from typing import ClassVar


class ConfigurationError(Exception):
    """The deployment is wrong: an operator must act, no request can succeed."""


class HubError(Exception):
    """Whatever a use case may raise on purpose."""


class Refused(HubError):
    """The request cannot be served as it is; nothing was changed.

    `code` is stable and machine-readable; `field` is the request's field at fault, if one is.
    """

    default_code: ClassVar[str]

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.field = field


class MalformedRequest(Refused):
    """The request could not be read at all."""

    default_code = "malformed_request"


class Unauthenticated(Refused):
    """No credential that the hub knows came with the request."""

    default_code = "unauthenticated"


class Forbidden(Refused):
    """The credential is good but does not allow this."""

    default_code = "forbidden"


class NotFound(Refused):
    """There is no such thing, or none that this caller may know of."""

    default_code = "not_found"


class StateConflict(Refused):
    """What is asked for does not fit what is there by now; `code` says what that is."""

    default_code = "state_conflict"


class Gone(Refused):
    """The person was erased, and has not come back by themselves."""

    default_code = "person_erased"


class RequestTooLarge(Refused):
    """The body is longer than any honest one."""

    default_code = "request_too_large"


class InvalidInput(Refused):
    """A field's value cannot be accepted; `field` names it."""

    default_code = "invalid_input"


class TooManyRequests(Refused):
    """A limit of `limit` calls in `window_s` seconds is used up until `retry_after_s` seconds from now."""

    default_code = "rate_limited"

    def __init__(self, message: str, *, limit: int, retry_after_s: int, window_s: int = 60) -> None:
        super().__init__(message)
        self.limit = limit
        self.retry_after_s = retry_after_s
        self.window_s = window_s


class RetryLater(HubError):
    """A fault of the moment; the same request may succeed after `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s


class StoreUnavailable(RetryLater):
    """DynamoDB throttled, timed out or failed: the effect of a write is unknown."""


class TooMuchContention(RetryLater):
    """Other writers changed the same records in every one of our attempts; nothing was written."""


class KeySetUnavailable(RetryLater):
    """The key set of a token's issuer could not be fetched."""


class ServiceUnavailable(RetryLater):
    """Another service of AWS (SQS, S3, Secrets Manager) throttled, timed out or failed: its effect is unknown."""


class NotSent(RetryLater):
    """The mail or text message service has not taken a message, for sure: it was throttled, or not reached."""


class PartnerUnavailable(RetryLater):
    """A shop or CRM did not answer, answered with a fault, or asked for patience. `status` is its HTTP status, None
    where there was no answer: then the effect of a write is unknown."""

    def __init__(self, message: str, *, retry_after_s: int = 1, status: int | None = None) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.status = status


class UnreadableRecord(PartnerUnavailable):
    """A shop or CRM answered a record that is not as it documents them. By itself it is asked for again; among others
    it keeps none of them from being worked."""


class NotReadyYet(RetryLater):
    """What the work needs is not there yet, or its turn in a partner's allowance has not come. It is tried again as if
    it had not been tried at all."""


class Parked(HubError):
    """Repeating the work as it is would fail again: a person must look at it. `reason` is stable and machine-readable,
    the message for a person."""

    default_reason: ClassVar[str] = "needs_attention"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason


class PartnerRefused(Parked):
    """A shop or CRM will not take this record. `fields` are the fields that it names, in our words."""

    default_reason = "partner_refused"

    def __init__(self, message: str, *, reason: str | None = None, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message, reason=reason)
        self.fields = fields


class CredentialsRefused(Parked):
    """A shop or CRM no longer lets us in: token revoked, app uninstalled, scope or permission missing, shop frozen."""

    default_reason = "credentials_refused"


class NotSupported(Parked):
    """The platform cannot do this at all."""

    default_reason = "not_supported"


class Skipped(HubError):
    """There is nothing left to do: what the work was about is gone. `reason` is stable and machine-readable."""

    def __init__(self, message: str, *, reason: str = "nothing_to_do") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


class LostRace(HubError):
    """A guarded write was refused because what it had read is out of date; nothing was written."""


class GuardFailed(LostRace):
    """The item is not as the write's guard demands; with a guard of absence, it is already there."""
