"""The receipt of an erasure."""

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.erasure import Erasure
from customerhub.domain.ids import ErasureId
from customerhub.errors import NotFound
from customerhub.ports import ErasureStore


def get_erasure(erasure_id: ErasureId, caller: Caller, *, erasures: ErasureStore) -> Erasure:
    """The erasure as it stands. Raises Forbidden without customers:erase, and NotFound."""
    caller.require(Scope.CUSTOMERS_ERASE)
    erasure = erasures.get_erasure(caller.tenant.id, erasure_id)
    if erasure is None:
        raise NotFound("there is no such erasure")
    return erasure
