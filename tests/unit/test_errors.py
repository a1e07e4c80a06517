"""Every error has its place: a status at the HTTP edge, or a reason why it never gets there."""

from collections.abc import Iterator

import pytest

from customerhub import errors
from customerhub.entrypoints.http_api.errors import error_body, status_of


def _subclasses(kind: type[errors.HubError]) -> Iterator[type[errors.HubError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _make(kind: type[errors.HubError]) -> errors.HubError:
    if kind is errors.TooManyRequests:
        return errors.TooManyRequests("words", limit=20, retry_after_s=3)
    return kind("words")


GROUPS = (errors.Refused,)
INTERNAL = (errors.LostRace, errors.GuardFailed)


@pytest.mark.parametrize("kind", [kind for kind in _subclasses(errors.HubError) if kind not in (*GROUPS, *INTERNAL)])
def test_every_error_at_the_edge_has_a_status_and_a_code(kind: type[errors.HubError]) -> None:
    status, body = error_body(_make(kind), "request-1")
    assert 400 <= status < 600
    assert body.code
    assert body.request_id == "request-1"


@pytest.mark.parametrize("kind", INTERNAL)
def test_what_a_use_case_settles_itself_has_none(kind: type[errors.HubError]) -> None:
    with pytest.raises(LookupError):
        status_of(kind("words"))


def test_a_configuration_error_is_swallowed_by_nothing() -> None:
    assert not issubclass(errors.ConfigurationError, errors.HubError)
