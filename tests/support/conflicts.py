"""Calls that end in a conflict, one of each kind, over a till."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from customerhub.domain.caller import Caller
from tests.support.till import Reply, Till, service, user_of

JOHN = {"phone": "+17075550123", "email": "john@example.com", "firstName": "John", "source": "chatbot"}
MARY = {"phone": "+17075550123", "email": "mary@example.com", "firstName": "Mary", "source": "chatbot"}


@dataclass(frozen=True)
class Question:
    """A call that was answered with a conflict, and can be made again; `people` are the customers who are there."""

    id: str
    ask: Callable[[], Reply]
    people: tuple[str, ...]


def shared_phone(till: Till) -> Question:
    """A chatbot names John's phone, and the e-mail and name of Mary, who is nobody yet."""
    john = till.manage(JOHN).id
    return asked(till, MARY, john)


def several_accounts(till: Till) -> Question:
    """An account by e-mail, and one by phone."""
    ann = till.manage(email="ann@example.com", firstName="Ann").id
    bob = till.manage(phone="+17075550199", firstName="Bob").id
    return asked(till, {"email": "ann@example.com", "phone": "+17075550199", "firstName": "Ann"}, ann, bob)


def contradiction(till: Till) -> Question:
    """A user proves the e-mail of the account of another user."""
    one = till.manage(caller=user_of(till.tenant, "one", email="both@example.com"), firstName="One").id
    return asked(till, {"email": "both@example.com"}, one, caller=user_of(till.tenant, "two", email="both@example.com"))


def two_users(till: Till) -> Question:
    """A backend names the user of one account, and the e-mail of another user's."""
    one = till.manage(authUserId="one", firstName="One").id
    two = till.manage(authUserId="two", email="two@example.com").id
    return asked(till, {"authUserId": "one", "email": "two@example.com"}, one, two)


def displaced(till: Till) -> Question:
    """Somebody typed an e-mail, and then a backend names it as another's."""
    typing = user_of(till.tenant, "typing")
    typed = till.manage(caller=typing, email="typed@example.com").id
    named = till.manage(email="typed@example.com", firstName="Named").id
    (found,) = till.conflicts().body["conflicts"]
    return Question(found["id"], lambda: till.manage(email="typed@example.com"), (named, typed))


def asked(till: Till, call: dict[str, Any], *people: str, caller: Caller | None = None) -> Question:
    """The question that the call leads to."""

    def ask() -> Reply:
        return till.manage(call, caller=caller or service(till.tenant))

    first = ask()
    assert first.status == 409, first
    if caller:
        # Users are not told which conflict it is.
        (found,) = till.conflicts().body["conflicts"]
        return Question(found["id"], ask, people)
    return Question(first.body["conflicts"]["id"], ask, people)
