"""Twenty calls a minute about one person."""

import time

from tests.support.api import Api, Person


def test_the_21st_call_of_a_minute_about_one_person_is_refused(winery: Api) -> None:
    time.sleep(max(0, time.time() % 60 - 45) and 60 - time.time() % 60)  # stay within one minute
    person = Person()
    spellings = [person.phone, person.phone[5:], f"(707) {person.phone[5:]}"]
    replies = [winery.manage(phone=spellings[n % 3]) for n in range(21)]
    assert [reply.status for reply in replies] == [200] * 20 + [429]
    assert [int(reply.headers["RateLimit-Remaining"]) for reply in replies] == [*range(19, -1, -1), 0]
    refused = replies[-1]
    assert refused.body["code"] == "rate_limited"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Limit"] == "20"
    assert replies[0].headers["RateLimit-Policy"] == "20;w=60, 6000;w=60"
    assert winery.manage(phone=Person().phone).status == 200, "somebody else is asked about"
