"""`make bench`: what a call and a cold start cost, how fast a race is decided, a spreadsheet is taken in and a shop is
pulled, and how a thousand enrollments fare while the shops fail.

Prints; asserts nothing about time. What is exact among it, round trips and writes, is a test of its own.
"""

import os
import tempfile
from pathlib import Path

from infra.local.emulator import running_emulator
from infra.local.ministack_venv import ensure_ministack
from infra.local.tables import create_tables
from tests.bench import cold_start, enrollments, imports, operations, pulls, race

ACCOUNT = "123456789012"


def main() -> None:
    """Run all benches."""
    # The calls would write a line each between the figures.
    os.environ["POWERTOOLS_LOG_LEVEL"] = "WARNING"
    with (
        tempfile.TemporaryDirectory() as directory,
        running_emulator(ensure_ministack(), Path(directory), persist=False) as emulator,
    ):
        tables = create_tables(emulator, ACCOUNT)
        operations.run(tables)
        race.run(tables)
        imports.run(tables)
        pulls.run(tables)
        enrollments.run(tables)
    cold_start.run()


main()
