"""An export as a file: JSON, or a zip of CSV files, one for each section, as RFC 4180 has them."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from customerhub.entrypoints.http_api.export_rows import Row, Section

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula when a cell begins with it (OWASP, CSV injection)."""


@dataclass(frozen=True)
class ExportFile:
    """A file of `size` bytes; `content` is it, or if `gzipped` it compressed."""

    content: bytes
    content_type: str
    name: str
    size: int
    gzipped: bool = False


def json_file(sections: Iterable[Section], exported_at: datetime) -> ExportFile:
    """One document, `{"export": {"exportedAt": …, "customer": {…}, "events": […], …}}`. Compressed while it is read, so
    that memory holds a tenth of it."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as compressed:
        size = sum(compressed.write(part.encode()) for part in _parts(sections, exported_at))
    return ExportFile(buffer.getvalue(), "application/json", "export.json", size, gzipped=True)


def csv_file(sections: Iterable[Section], _: datetime) -> ExportFile:
    """One file for each section; columns are all names that its rows have, in the order in which they come."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for section in sections:
            with archive.open(f"{section.name}.csv", "w") as file:
                _write_table(section, file)
    content = buffer.getvalue()
    return ExportFile(content, "application/zip", "export.zip", len(content))


def _parts(sections: Iterable[Section], exported_at: datetime) -> Iterable[str]:
    yield f'{{"export":{{"exportedAt":{_json(exported_at.isoformat())}'
    for section in sections:
        yield f",{_json(section.name)}:"
        if section.name == "customer":
            yield _json(next(section.rows()))
            continue
        separator = "["
        for row in section.rows():
            yield separator + _json(row)
            separator = ","
        yield "[]" if separator == "[" else "]"
    yield "}}"


def _write_table(section: Section, file: IO[bytes]) -> None:
    columns = dict.fromkeys(name for row in section.rows() for name in row)
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.DictWriter(text, list(columns), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(_cells(row) for row in section.rows())
    text.flush()
    text.detach()


def _cells(row: Row) -> Mapping[str, str]:
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else _json(value)
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _json(value: Any) -> str:
    return json.dumps(value, default=_jsonable, ensure_ascii=False, separators=(",", ":"))


def _jsonable(value: Any) -> Any:
    """A stored number is a Decimal."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value).__name__)
