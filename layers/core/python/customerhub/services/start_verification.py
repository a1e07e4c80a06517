"""Send a one-time code to an address or a number that somebody says is theirs."""

from collections.abc import Callable

from customerhub.domain.caller import Caller, Scope, TrustedCaller
from customerhub.domain.code_message import code_message
from customerhub.domain.identifier import Kind
from customerhub.domain.send_limit import send_limits
from customerhub.domain.verification import Recipient, Verification, new_verification
from customerhub.ports import Clock, Messenger, VerificationStore
from customerhub.services.attempts import attempts


def start_verification(
    recipient: Recipient,
    caller: Caller,
    *,
    store: VerificationStore,
    messenger: Messenger,
    clock: Clock,
    before_write: Callable[[], object] = lambda: None,
) -> Verification:
    """Keep a new verification and send its code. Nobody's account is looked up, so that the answer tells nothing.

    Counts the message first, one counter after the other, and sends nothing that could not be counted. When sending
    fails, what was kept opens nothing: its id was told to nobody.
    Raises Forbidden, TooManyRequests, InvalidInput where the recipient is refused, and RetryLater.
    """
    if isinstance(caller, TrustedCaller):
        caller.require(Scope.CUSTOMERS_WRITE)
    before_write()
    now = clock.now()
    for limit in send_limits(recipient, caller):
        limit.require(store.count_send(caller.tenant.id, limit, now), now)
    verification, code = new_verification(recipient, caller, now)
    attempts(clock, lambda: store.put_verification(caller.tenant.id, verification))
    _send(recipient, code, caller.tenant.name, messenger)
    return verification


def _send(recipient: Recipient, code: str, merchant: str, messenger: Messenger) -> None:
    message = code_message(code, merchant)
    if recipient.key.kind is Kind.EMAIL:
        messenger.send_email(recipient.address, message.subject, message.email_text)
    else:
        messenger.send_sms(recipient.address, message.sms_text)
