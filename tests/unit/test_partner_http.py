"""What all connectors share: how a partner is asked, and what its faults become."""

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from customerhub.connectors.base import PartnerHttp, partner_http_client
from customerhub.connectors.retry_after import retry_after_s
from customerhub.domain.money import Money
from customerhub.domain.pace import RequestWindow
from customerhub.errors import CredentialsRefused, NotReadyYet, PartnerRefused, PartnerUnavailable
from infra.paths import CORE_LAYER
from tests.support.partner_bench import RecordedTimes
from tests.support.shopify_fake import INTEGRATION, CountingPacer, SettableClock

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
URL = "https://partner.example/v1/customer?email=jane@example.com"
WINDOW = RequestWindow(100, 60)


class Refusing(CountingPacer):
    def take(self, allowance: object, cost: int) -> None:  # noqa: ARG002
        raise NotReadyYet("the partner's allowance is used up", retry_after_s=30)


def partner(
    answer: httpx.Response | Exception, pacer: CountingPacer | None = None, times: RecordedTimes | None = None
) -> PartnerHttp:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = partner_http_client(httpx.MockTransport(handle))
    return PartnerHttp("Partner", INTEGRATION, client, pacer or CountingPacer(), SettableClock(), times=times)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7),
        (" 2.0 ", 2),
        ("0.2", 1),
        ("0", 1),
        ("-5", 1),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("1e9", 86_400),
        ("Wed, 25 Nov 2026 12:01:30 GMT", 90),
        ("Wed, 25 Nov 2026 12:01:30 -0000", 90),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 1),
        ("Wed, 25 Nov 9999999 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(told: str | None, seconds: int | None) -> None:
    assert retry_after_s(told, NOW) == seconds


def test_what_a_request_costs_is_taken_before_it_is_sent() -> None:
    pacer, times = CountingPacer(), RecordedTimes()
    answer = partner(httpx.Response(200, json={"a": 1}), pacer, times).send("GET", URL, allowance=WINDOW)
    assert (answer.status, answer.body, answer.is_success) == (200, {"a": 1}, True)
    assert pacer.taken == [(WINDOW, 1)]
    assert len(times.durations_s) == 1


def test_a_request_that_is_free_takes_nothing() -> None:
    pacer = CountingPacer()
    partner(httpx.Response(204), pacer).send("GET", URL)
    assert not pacer.taken


def test_nothing_is_sent_before_its_turn() -> None:
    with pytest.raises(NotReadyYet):
        partner(AssertionError("nobody should ask"), Refusing()).send("GET", URL, allowance=WINDOW)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (httpx.ConnectError("[Errno 111] to jane@example.com"), "cannot be reached"),
        (httpx.ConnectTimeout("…"), "cannot be reached"),
        (httpx.ReadTimeout("…"), "did not answer in time"),
        (httpx.RemoteProtocolError("jane@example.com"), "broke off the connection"),
        (httpx.ReadError("…"), "broke off the connection"),
        (httpx.DecodingError("…"), "cannot be decoded"),
    ],
)
def test_an_answer_that_does_not_come_is_a_fault(fault: Exception, said: str) -> None:
    times = RecordedTimes()
    with pytest.raises(PartnerUnavailable, match=said) as caught:
        partner(fault, times=times).send("POST", URL)
    assert caught.value.status is None
    assert "jane" not in caught.value.message
    assert not times.durations_s, "there was no answer to be timed"


@pytest.mark.parametrize("url", ["https://[", "https://x" + "y" * 70_000, "ftp://partner.example/"])
def test_an_address_that_is_none_is_for_an_operator(url: str) -> None:
    with pytest.raises((PartnerRefused, PartnerUnavailable)):
        PartnerHttp(
            "Partner", INTEGRATION, partner_http_client(httpx.HTTPTransport()), CountingPacer(), SettableClock()
        ).send("GET", url)


@pytest.mark.parametrize("content", [b"<html>", b"\xff\xfe", b"{", b"[" * 100_000, b""])
def test_what_is_no_json_is_no_body(content: bytes) -> None:
    http = partner(httpx.Response(200, content=content))
    answer = http.send("GET", URL)
    assert answer.body is None
    with pytest.raises(PartnerUnavailable):
        http.object_of(answer)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, CredentialsRefused),
        (403, CredentialsRefused),
        (302, PartnerRefused),
        (408, PartnerUnavailable),
        (429, PartnerUnavailable),
        (500, PartnerUnavailable),
        (599, PartnerUnavailable),
    ],
)
def test_each_status_has_its_consequence(status: int, error: type[Exception]) -> None:
    http = partner(httpx.Response(status, headers={"x-request-id": "abc-123"}))
    with pytest.raises(error, match=f"status {status}, request abc-123"):
        http.raise_for_fault(http.send("GET", URL))


@pytest.mark.parametrize("status", [200, 204, 404, 422])
def test_the_rest_is_the_connectors(status: int) -> None:
    http = partner(httpx.Response(status))
    answer = http.send("GET", URL)
    http.raise_for_fault(answer)
    assert answer.status == status


@pytest.mark.parametrize("request_id", ["jane@example.com", "a b", "x" * 200, "\x00"])
def test_a_request_id_that_is_none_is_not_shown(request_id: str) -> None:
    http = partner(httpx.Response(500, headers=[(b"x-request-id", request_id.encode())]))
    with pytest.raises(PartnerUnavailable) as caught:
        http.raise_for_fault(http.send("GET", URL))
    assert "request" not in caught.value.message


def test_nothing_is_carried_from_one_tenant_to_another() -> None:
    seen: list[httpx.Headers] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, headers={"set-cookie": "session=one; Path=/"})

    client = partner_http_client(httpx.MockTransport(handle))
    for _ in range(2):
        client.get("https://partner.example/")
    assert not [headers for headers in seen if "cookie" in headers]
    assert not client.follow_redirects
    assert client.timeout == httpx.Timeout(15, connect=3)
    assert not client.trust_env


def test_connectors_are_loaded_when_they_are_needed() -> None:
    """A function that lists integrations pays for no connector, nor for httpx."""
    program = (
        "import sys, customerhub.connectors.registry; "
        "print([name for name in sys.modules if name.startswith(('customerhub.connectors.', 'httpx'))])"
    )
    path = str(CORE_LAYER / "python")
    loaded = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "['customerhub.connectors.registry']"


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("404.00", "USD", 40400),
        ("398", "JPY", 398),
        ("1.2345", "KWD", 1234),
        ("0.005", "EUR", 0),
        ("-3.10", "USD", -310),
    ],
)
def test_amounts_are_in_the_minor_unit(amount: str, currency: str, minor: int) -> None:
    assert Money.from_decimal(Decimal(amount), currency) == Money(minor, currency)
