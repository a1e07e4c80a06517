"""Spreadsheets: rows per second and peak memory, and whether memory grows with the file.

`BENCH_IMPORT_ROWS` sets the rows of the import over the tables. Each measurement is a process of its own, so that one
does not inherit the other's memory. The peer of the reader is the bare loop: the csv module over a local text file and
one pydantic model for each row, without a cursor, without a verdict and without the next row after a broken one.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.local.tables import DynamoDBTables
from tests.bench.table import print_table

ROWS = int(os.environ.get("BENCH_IMPORT_ROWS", "100000"))
MEMORY_ROWS = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True)
class Measured:
    """One run in a process of its own; `base_mb` is what the process held before it began."""

    rows: int
    seconds: float
    peak_mb: float
    base_mb: float

    @property
    def speed(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds


def run(tables: DynamoDBTables) -> None:
    """Print all of it."""
    with tempfile.TemporaryDirectory() as directory:
        files = {rows: _spreadsheet(Path(directory), rows) for rows in sorted({*MEMORY_ROWS, ROWS})}
        print("Reading a spreadsheet: decode, split, map, and check every row; nothing is stored.\n")
        rows = []
        for count in MEMORY_ROWS:
            ours, theirs = _measure("read", files[count]), _measure("peer", files[count])
            rows.append(
                [
                    f"{count:,} rows",
                    f"{ours.speed:,.0f}",
                    f"{theirs.speed:,.0f}",
                    f"{ours.speed / theirs.speed:.2f}",
                    f"{ours.base_mb:.0f}",
                    f"{ours.peak_mb:.0f}",
                    f"{theirs.peak_mb:.0f}",
                ]
            )
        print_table(["file", "rows/s", "peer rows/s", "ratio", "MB before", "peak MB", "peer peak MB"], rows)
        print(f"Importing {ROWS:,} rows into the tables (MiniStack, one process for it and one for the worker).\n")
        first = _measure("import", files[ROWS], tables)
        again = _measure("import", files[ROWS], tables)
        print_table(
            ["run", "rows/s", "seconds", "MB before", "peak MB"],
            [_row("every row is new", first), _row("the same file again: nothing changes", again)],
        )


def _row(name: str, measured: Measured) -> list[str]:
    seconds, base, peak = f"{measured.seconds:.0f}", f"{measured.base_mb:.0f}", f"{measured.peak_mb:.0f}"
    return [name, f"{measured.speed:,.0f}", seconds, base, peak]


def _spreadsheet(directory: Path, rows: int) -> Path:
    path = directory / f"{rows}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("E-mail Address,Mobile,First,Surname,Street,City,Zip,Notes\r\n")
        for number in range(rows):
            phone = 2_002_000_000 + number * 37
            file.write(
                f'person{number}@example.com,+1{phone},Ann{number % 97},"Lee, {number % 89}",'
                f"{number} Main St,Napa,94558,\r\n"
            )
    return path


def _measure(what: str, path: Path, tables: DynamoDBTables | None = None) -> Measured:
    environment = {**os.environ, **(tables.environment() if tables else {}), "POWERTOOLS_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "tests.bench.imports_probe", what, str(path)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))
