"""What partners send, as pydantic models: every field is mapped, known and ignored, or noticed.

A new field is no error: partners add them without asking. But nobody should learn of it by accident either, so the
first one of its name leaves a line in the log.
"""

import logging
import re
from collections.abc import Iterable
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

_logger = logging.getLogger(__name__)
_noticed: dict[str, set[str]] = {}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
MAX_NOTICED = 50
"""Of one payload, in one process: whoever sends ever other names fills neither the log nor the memory."""


class PartnerPayload(BaseModel):
    """Base of the models of one partner's payloads. `ignored` are fields that are known and of no use to the hub.

    Numbers are taken where text is expected, since ids come as either; values are kept out of error messages.
    """

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)
    ignored: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _notice_the_unknown(self) -> Self:
        notice_fields(type(self).__name__, (self.model_extra or {}).keys() - self.ignored)
        return self


def notice_fields(payload: str, names: Iterable[str]) -> None:
    """Leave one line in the log for each field that nobody has thought of, once in a process. The names only, and no
    more than `MAX_NOTICED` of them."""
    for name in sorted(names):
        shown = name if _PLAIN_NAME.fullmatch(name) else "(a name that is not plain)"
        noticed = _noticed.setdefault(payload, set())
        if shown not in noticed and len(noticed) < MAX_NOTICED:
            noticed.add(shown)
            _logger.warning("a partner sends a field that the hub does not know: %s.%s", payload, shown)


def places_of(error: ValidationError) -> str:
    """Which fields of a payload are not as they should be, without their values."""
    places = {".".join(str(part) for part in problem["loc"]) or "(all)" for problem in error.errors()}
    return ", ".join(sorted(places)[:5])
