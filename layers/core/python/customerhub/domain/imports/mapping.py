"""From a row's cells to what it says about a person."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from customerhub.domain.contact import Statement
from customerhub.domain.imports.error_file import restored
from customerhub.domain.imports.fields import ADDRESS_PARTS, Field
from customerhub.domain.imports.layout import Head, Layout
from customerhub.domain.imports.reader import Fault, Row
from customerhub.errors import InvalidInput

SOURCE = "import"
"""Where a person came from whom a spreadsheet has brought, unless the import says otherwise."""
MAX_WORDS = 50
_LIMITS = {Field.EMAIL: 254, Field.PHONE: 64, Field.FIRST_NAME: 100, Field.LAST_NAME: 100, Field.FULL_NAME: 200}
_LIMIT = 200
_SHORTEST_LIMIT = min(_LIMITS.values())
_LIST_FIELDS = frozenset({Field.ALLERGIES, Field.PREFERENCES})
_MAX_LIST_CHARACTERS = 4_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BETWEEN_WORDS = re.compile(r"[,;|\n]")
_REASONS = {
    Fault.UNDECODABLE: "the row holds bytes that are no text in the file's encoding",
    Fault.UNCLOSED_QUOTE: "a quotation mark opens a cell and nothing closes it",
    Fault.ROW_TOO_LONG: "the row, or a cell of it, is longer than any honest one",
}

ColumnFields = tuple[Field, ...]
"""What each column is, in the order of the columns."""


@dataclass(frozen=True)
class ReadRow:
    """What a row says: about whom, and in which stage, by name, the person is enrolled; None: the row does not say."""

    statement: Statement
    stage: str | None = None


def guess_columns(head: Head) -> ColumnFields:
    """What the columns probably are; a column in doubt is not read."""
    return tuple(guess.field for guess in head.guesses)


def stated_columns(head: Head, mapping: Mapping[str, str]) -> ColumnFields:
    """What a caller says that the columns are, by their names; those not named are not read. Raises InvalidInput."""
    fields = dict.fromkeys(head.names, Field.IGNORED)
    for name, field in mapping.items():
        if name not in fields:
            raise InvalidInput("names a column that the file does not have", code="unknown_column", field="mapping")
        try:
            fields[name] = Field(field)
        except ValueError as error:
            known = ", ".join(Field)
            raise InvalidInput(f"a column can be one of {known}", code="unknown_field", field="mapping") from error
    return tuple(fields.values())


def require_identifiers(columns: ColumnFields) -> None:
    """Raise InvalidInput where no column says who the persons are."""
    if Field.EMAIL not in columns and Field.PHONE not in columns:
        needed = "one column must be the e-mail or the phone, or nobody can be told apart"
        raise InvalidInput(needed, code="identifier_required", field="mapping")


def is_blank(row: Row) -> bool:
    """Whether the row says nothing at all."""
    return not row.fault and not any(cell.strip() for cell in row.cells)


def read_row(row: Row, columns: ColumnFields, layout: Layout, *, source: str = SOURCE) -> ReadRow:
    """What a row says. Of several columns for one field the first that says something counts.

    Raises InvalidInput with the field at fault where that can be told: for a row that cannot be read, that has more
    cells than there are columns, or a cell that holds what no honest one does.
    """
    if row.fault:
        raise InvalidInput(_REASONS[row.fault], code=row.fault)
    if len(row.cells) > layout.columns and any(cell.strip() for cell in row.cells[layout.columns :]):
        raise InvalidInput("the row has more cells than there are columns", code="too_many_cells")
    values = _values(row.cells, columns, is_error_file=layout.is_error_file)
    first, last = _names(values)
    statement = Statement(
        source=source,
        email=values.get(Field.EMAIL),
        phone=values.get(Field.PHONE),
        first_name=first,
        last_name=last,
        allergies=_words(values, Field.ALLERGIES),
        preferences=_words(values, Field.PREFERENCES),
        address={ADDRESS_PARTS[field]: value for field, value in values.items() if field in ADDRESS_PARTS},
    )
    return ReadRow(statement, values.get(Field.STAGE))


def _values(cells: Sequence[str], columns: ColumnFields, *, is_error_file: bool) -> dict[Field, str]:
    values: dict[Field, str] = {}
    # Most rows are beyond suspicion, which is cheaper to see at once than cell by cell.
    is_suspect = max(map(len, cells), default=0) > _SHORTEST_LIMIT or _CONTROL.search("".join(cells)) is not None
    for field, cell in zip(columns, cells, strict=False):
        if field is Field.IGNORED or field in values:
            continue
        text = (restored(cell) if is_error_file else cell).strip()
        if text:
            if is_suspect:
                _check(field, text)
            values[field] = text
    return values


def _check(field: Field, text: str) -> None:
    if _CONTROL.search(text):
        raise InvalidInput("the cell holds control characters", code="control_characters", field=field)
    if len(text) > (_MAX_LIST_CHARACTERS if field in _LIST_FIELDS else _LIMITS.get(field, _LIMIT)):
        raise InvalidInput("the cell is too long", code="too_long", field=field)


def _names(values: Mapping[Field, str]) -> tuple[str | None, str | None]:
    """First and last name; both in one cell fill in what has no cell of its own. The last word is the last name."""
    first, last = values.get(Field.FIRST_NAME), values.get(Field.LAST_NAME)
    full = values.get(Field.FULL_NAME)
    if not full:
        return first, last
    before, comma, after = full.partition(",")
    head, _, tail = full.rpartition(" ")
    own_first, own_last = (after.strip(), before.strip()) if comma else (head.strip() or tail, tail if head else "")
    return first or own_first[:100] or None, last or own_last[:100] or None


def _words(values: Mapping[Field, str], field: Field) -> tuple[str, ...]:
    if field not in values:
        return ()
    words = tuple(word.strip() for word in _BETWEEN_WORDS.split(values[field]) if word.strip())
    if len(words) > MAX_WORDS or any(len(word) > _LIMIT for word in words):
        raise InvalidInput(f"more than {MAX_WORDS} words, or one that is too long", code="too_long", field=field)
    return words
