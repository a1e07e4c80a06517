"""Where a double keeps what it knows from one run to the next."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read_state(path: Path) -> dict[str, Any] | None:
    """What was saved last, None at first."""
    if not path.exists():
        return None
    state: dict[str, Any] = json.loads(path.read_bytes())
    return state


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Save `state`; whatever happens meanwhile, the file is the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    # In one go: the encoder that writes piece by piece is ten times slower.
    fresh.write_text(json.dumps(state, separators=(",", ":")))
    os.replace(fresh, path)
