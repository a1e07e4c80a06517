"""What a file's head tells: encoding, delimiter, headings, and what its columns are."""

import time

import pytest

from customerhub.domain.imports.encoding import Encoding
from customerhub.domain.imports.fields import Field, guess_field
from customerhub.domain.imports.layout import MAX_COLUMNS, Head, read_head
from customerhub.domain.imports.mapping import (
    guess_columns,
    is_blank,
    read_row,
    require_identifiers,
    stated_columns,
)
from customerhub.domain.imports.reader import Row
from customerhub.errors import InvalidInput


def head_of(content: str | bytes, *, is_whole: bool = True, encoding: str = "utf-8") -> Head:
    return read_head(content.encode(encoding) if isinstance(content, str) else content, is_whole=is_whole)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("E-mail Address", Field.EMAIL),
        ("EMAIL", Field.EMAIL),
        ("emailAddress", Field.EMAIL),
        ("Correo electrónico", Field.EMAIL),
        ("Mobile", Field.PHONE),
        ("Phone #", Field.PHONE),
        ("Téléphone", Field.PHONE),
        ("WhatsApp Number", Field.PHONE),
        ("First", Field.FIRST_NAME),
        ("first_name", Field.FIRST_NAME),
        ("Vorname", Field.FIRST_NAME),
        ("Prénom", Field.FIRST_NAME),
        ("Surname", Field.LAST_NAME),
        ("Nachname", Field.LAST_NAME),
        ("Full Name", Field.FULL_NAME),
        ("Straße", Field.LINE1),
        ("Address Line 2", Field.LINE2),
        ("Town/City", Field.CITY),
        ("State/Province", Field.REGION),
        ("ZIP", Field.POSTAL_CODE),
        ("PLZ", Field.POSTAL_CODE),
        ("Country", Field.COUNTRY),
        ("Allergies", Field.ALLERGIES),
        ("Club Tier", Field.STAGE),
        ("Notes", Field.IGNORED),
        ("hub_reason", Field.IGNORED),
    ],
)
def test_a_common_heading_is_known_for_sure(heading: str, field: Field) -> None:
    guess = guess_field(heading)
    assert (guess.field, guess.confidence) == (field, 1.0)


def test_a_heading_that_speaks_of_a_field_is_guessed_with_less_confidence() -> None:
    guess = guess_field("Customer's preferred e-mail")
    assert guess.field is Field.EMAIL
    assert 0 < guess.confidence < 1


@pytest.mark.parametrize("heading", ["Email opt-in date", "Phone consent", "Lorem ipsum", "", "Phone or email"])
def test_a_heading_in_doubt_is_not_read(heading: str) -> None:
    assert guess_field(heading).field is Field.IGNORED
    assert guess_field(heading).confidence == 0


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    lines = [("Email", "Remark"), ("a@example.com", '"x, y; z"')]
    if delimiter != ",":
        lines.append(("b@example.com", "plain, text"))
    head = head_of("\n".join(delimiter.join(line) for line in lines))
    assert (head.layout.delimiter, head.layout.columns) == (delimiter, 2)


def test_excel_says_its_delimiter_itself() -> None:
    head = head_of("sep=;\r\nEmail;Name\r\na@example.com;A, B, C\r\n")
    assert (head.layout.delimiter, head.names, head.layout.first.row) == (";", ("Email", "Name"), 3)
    assert head.rows[0].cells == ["a@example.com", "A, B, C"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"\xef\xbb\xbfEmail\n", Encoding.UTF_8),
        ("Émail\n".encode(), Encoding.UTF_8),
        ("Émail\n".encode("windows-1252"), Encoding.WINDOWS_1252),
        (b"Email\n", Encoding.UNDECIDED),
        (b"\xff\xfe" + "Email\n".encode("utf-16-le"), Encoding.UTF_16_LE),
        (b"\xfe\xff" + "Email\n".encode("utf-16-be"), Encoding.UTF_16_BE),
        ("Email\n".encode("utf-16-le"), Encoding.UTF_16_LE),
        ("Email\n".encode("utf-16-be"), Encoding.UTF_16_BE),
        (b"Email\na\x00b@example.com\n", Encoding.UNDECIDED),
    ],
)
def test_the_encoding_is_found(content: bytes, encoding: Encoding) -> None:
    head = head_of(content)
    assert head.layout.encoding is encoding
    assert head.names[0].casefold().lstrip("é").endswith("mail")


def test_a_character_that_the_head_cuts_in_two_decides_nothing() -> None:
    content = b"Name\nZoe\n" + "é".encode()[:1]
    assert read_head(content, is_whole=False).layout.encoding is Encoding.UNDECIDED
    assert read_head(content, is_whole=True).layout.encoding is Encoding.WINDOWS_1252


def test_a_few_bad_bytes_do_not_change_the_encoding() -> None:
    assert head_of("Zoë\nZoë\n".encode() + b"Zo\xeb\n").layout.encoding is Encoding.UTF_8


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04rest", "excel_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "excel_file"),
        (b"%PDF-1.7", "not_a_spreadsheet"),
        (b"\x1f\x8b\x08", "not_a_spreadsheet"),
        (bytes(100), "not_a_spreadsheet"),
        (b"\n\n \n", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b",".join([b"x"] * (MAX_COLUMNS + 1)), "too_many_columns"),
    ],
)
def test_what_is_no_spreadsheet_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        head_of(content)
    assert (refused.value.code, refused.value.field) == (code, "file")


def test_a_first_row_without_end_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_head(b"x" * 1000, is_whole=False)
    assert refused.value.code == "row_too_long"


def test_blank_and_repeated_headings_have_names_of_their_own() -> None:
    head = head_of("Email,,Email,Email,Column 2\n")
    assert head.names == ("Email", "Column 2", "Email (2)", "Email (3)", "Column 2 (2)")
    assert [guess.field for guess in head.guesses][::2] == [Field.EMAIL, Field.EMAIL, Field.IGNORED]


def test_a_file_without_headings_is_told_by_its_first_row() -> None:
    head = head_of("a@example.com,+1 707 555 0123,Ann\nb@example.com,(707) 555-0199,Bob\n")
    assert not head.layout.has_header
    assert head.names == ("Column 1", "Column 2", "Column 3")
    assert guess_columns(head) == (Field.EMAIL, Field.PHONE, Field.IGNORED)
    assert [row.number for row in head.rows] == [1, 2]


def test_rows_before_the_headings_are_passed_over() -> None:
    head = head_of("\n,\nEmail,Name\na@example.com,A\n")
    assert (head.names, head.layout.first.row) == (("Email", "Name"), 4)


def test_what_a_caller_says_of_columns_is_checked() -> None:
    head = head_of("A,B\n1,2\n")
    assert stated_columns(head, {"B": "email"}) == (Field.IGNORED, Field.EMAIL)
    for mapping, code in (({"C": "email"}, "unknown_column"), ({"A": "shoe size"}, "unknown_field")):
        with pytest.raises(InvalidInput) as refused:
            stated_columns(head, mapping)
        assert (refused.value.code, refused.value.field) == (code, "mapping")
    with pytest.raises(InvalidInput, match="told apart"):
        require_identifiers((Field.FIRST_NAME,))


def row_of(*cells: str) -> Row:
    return Row(2, 0, 0, list(cells))


def test_a_row_is_read_as_its_columns_say() -> None:
    head = head_of("Email,Second e-mail,Full name,Street,Zip,Allergies,Club,Notes\n")
    columns = guess_columns(head)
    said = read_row(
        row_of(" ", "b@example.com", "Ann van Lee", "1 Main St", "94558", "nuts; eggs", "Bronze", "x"),
        columns,
        head.layout,
    )
    statement = said.statement
    assert (statement.email, statement.first_name, statement.last_name) == ("b@example.com", "Ann van", "Lee")
    assert (statement.address, statement.allergies) == ({"line1": "1 Main St", "postalCode": "94558"}, ("nuts", "eggs"))
    assert (said.stage, statement.source) == ("Bronze", "import")


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [("Lee, Ann", "Ann", "Lee"), ("Ann", "Ann", None), ("Ann Lee", "Ann", "Lee"), ("Lee,", None, "Lee")],
)
def test_a_full_name_is_taken_apart(full: str, first: str | None, last: str | None) -> None:
    head = head_of("Name\n")
    statement = read_row(row_of(full), (Field.FULL_NAME,), head.layout).statement
    assert (statement.first_name, statement.last_name) == (first, last)


@pytest.mark.parametrize(
    ("cells", "code", "field"),
    [
        (("a@example.com", "Ann", "more"), "too_many_cells", None),
        (("a\x00@example.com", "Ann"), "control_characters", "email"),
        (("a@example.com", "A" * 101), "too_long", "firstName"),
    ],
)
def test_a_row_that_no_honest_file_has_is_refused(cells: tuple[str, ...], code: str, field: str | None) -> None:
    head = head_of("Email,First\n")
    with pytest.raises(InvalidInput) as refused:
        read_row(row_of(*cells), guess_columns(head), head.layout)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_row_may_lack_its_last_cells() -> None:
    head = head_of("Email,First,Last\n")
    assert read_row(row_of("a@example.com"), guess_columns(head), head.layout).statement.first_name is None
    assert is_blank(row_of("", " "))
    assert is_blank(Row(2, 0, 0, []))


@pytest.mark.parametrize(
    "content",
    [
        b"email,a,b\n" + b'"",x"y,"\n' * 6_000,
        b"a@" + b"." * 120_000 + b"@,x\n",
        b"email\n" + b"\n".join([b"a@" + b"." * 1_000 + b"@"] * 200),
        b",".join([b"same"] * MAX_COLUMNS) + b"\n",
        b"__proto__,constructor,email\na,b,c@example.com\n",
        b'"' * 200_000,
    ],
    ids=["every line opens a quote", "no address", "many of them", "one heading", "words of a language", "quotes"],
)
def test_no_file_takes_long_to_be_looked_at(content: bytes) -> None:
    """A caller waits for it, for 29 seconds at most."""
    started = time.process_time()
    head = head_of(content)
    assert head.guesses
    assert len(set(head.names)) == len(head.names)
    assert time.process_time() - started < 3
