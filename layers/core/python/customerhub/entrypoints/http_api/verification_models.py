"""Verifications as JSON."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from customerhub.domain.caller import Caller
from customerhub.domain.conflict import Conflict
from customerhub.domain.identifier import Kind
from customerhub.domain.verification import CODE_DIGITS, Recipient, Verification
from customerhub.entrypoints.http_api.conflict_answer import conflict_response
from customerhub.entrypoints.http_api.customer_models import Conflicts, ManagedCustomerBody, Text, customer_fields
from customerhub.entrypoints.http_api.masking import mask_email, mask_phone
from customerhub.entrypoints.http_api.models import Body, RequestBody
from customerhub.services.resolve_identity import Outcome

Code = Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{CODE_DIGITS}}}$")]


class StartVerificationRequest(RequestBody):
    """Where to send a code: either an address or a number."""

    email: Text | None = Field(None, description="In any case.")
    phone: Text | None = Field(None, description="In any spelling; a local one needs the tenant's area code.")


class StartVerificationResponse(Body):
    """A code is on its way, whether or not anybody is known by the address or number."""

    verification_id: str
    expires_at: str
    channel: Literal["email", "sms"]
    sent_to: str = Field(description="Masked.")


class AnswerVerificationRequest(RequestBody):
    """The code that came."""

    code: Code
    merge_if_found: bool | None = Field(
        None, description="Merge the accounts that the proof leads to. For users, and trusted callers' customers:merge."
    )


class AnswerVerificationResponse(Body):
    """The address or number is proven. `customer` is whom it led to, `conflicts` why that is not decided yet."""

    verified: Literal[True] = True
    customer: ManagedCustomerBody | None = None
    conflicts: Conflicts | None = None
    message: str | None = Field(None, description="What to do about the conflicts.")


def started(verification: Verification) -> StartVerificationResponse:
    """The body that says where the code went."""
    is_email = verification.recipient.key.kind is Kind.EMAIL
    return StartVerificationResponse(
        verification_id=verification.id,
        expires_at=verification.expires_at.isoformat(),
        channel="email" if is_email else "sms",
        sent_to=_masked(verification.recipient),
    )


def answered(outcome: Outcome, caller: Caller, request_id: str) -> str:
    """The body, as JSON, that says what the proof led to; conflicts are worded as customer-management words them."""
    if isinstance(outcome, Conflict):
        response = conflict_response(outcome, caller, request_id)
        body = AnswerVerificationResponse(verified=True, conflicts=response.conflicts, message=response.message)
        return body.model_dump_json(exclude_none=True)
    fields = customer_fields(outcome.customer) | {"is_new_account": outcome.is_new}
    body = AnswerVerificationResponse(verified=True, customer=ManagedCustomerBody.model_validate(fields))
    return body.model_dump_json(exclude_unset=True)


def _masked(recipient: Recipient) -> str:
    mask = mask_email if recipient.key.kind is Kind.EMAIL else mask_phone
    return mask(recipient.shown)
