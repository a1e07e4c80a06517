"""How often codes may be sent: each message costs money, and may reach somebody who did not ask for it."""

from dataclasses import dataclass
from datetime import datetime

from customerhub.domain.caller import Caller, UserCaller
from customerhub.domain.verification import Recipient, recipient_hash
from customerhub.errors import TooManyRequests

HOUR_S, DAY_S = 3600, 86_400


@dataclass(frozen=True)
class SendLimit:
    """At most `sends` in a window of `window_s` seconds; windows follow one another from the epoch on. `subject` is the
    keyed hash of what is counted."""

    subject: str
    sends: int
    window_s: int

    def window(self, now: datetime) -> int:
        """The number of the present window."""
        return int(now.timestamp()) // self.window_s

    def require(self, sends: int, now: datetime) -> None:
        """Raise TooManyRequests where `sends`, this one included, are too many for the present window."""
        if sends > self.sends:
            left_s = self.window_s - int(now.timestamp()) % self.window_s
            raise TooManyRequests(
                "no more codes can be sent for now", limit=self.sends, retry_after_s=left_s, window_s=self.window_s
            )


def send_limits(recipient: Recipient, caller: Caller) -> tuple[SendLimit, ...]:
    """The limits on one message, to be counted in this order: whoever is out of messages uses up nobody else's."""
    person = recipient_hash(recipient.key, caller.tenant)
    of_recipient = (SendLimit(person, 5, HOUR_S), SendLimit(person, 10, DAY_S))
    if not isinstance(caller, UserCaller):
        return of_recipient
    return (SendLimit(caller.tenant.keyed_hash("caller", caller.credential), 10, HOUR_S), *of_recipient)
