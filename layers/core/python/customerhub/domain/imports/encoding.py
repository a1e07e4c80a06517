"""In which encoding a spreadsheet was saved: found out from its head."""

from enum import StrEnum

from customerhub.errors import InvalidInput

BYTE_ORDER_MARK = "\ufeff"
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_NOT_TEXT = (
    (b"PK\x03\x04", "excel_file", "an Excel workbook (.xlsx)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "excel_file", "an old Excel workbook (.xls)"),
    (b"%PDF", "not_a_spreadsheet", "a PDF"),
    (b"\x1f\x8b", "not_a_spreadsheet", "a compressed file"),
)
_MOSTLY = 0.3
"""Every second byte of UTF-16 in a Western script is NUL; a third is more than any honest text in another encoding."""


class Encoding(StrEnum):
    """How the file's bytes are read. Each is also the name of one of Python's codecs, but for `UNDECIDED`."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    WINDOWS_1252 = "windows-1252"
    UNDECIDED = "utf-8 or windows-1252"
    """The head is plain ASCII: each later line is UTF-8 where it can be, else Windows-1252."""

    @property
    def unit(self) -> int:
        """Bytes of the smallest unit."""
        return 2 if self in (Encoding.UTF_16_LE, Encoding.UTF_16_BE) else 1


def detect_encoding(head: bytes, *, is_whole: bool) -> Encoding:
    """The encoding of a file that begins with `head`. Raises InvalidInput, field `file`, for what is no text."""
    for magic, code, what in _NOT_TEXT:
        if head.startswith(magic):
            advice = "save it as CSV UTF-8 (in Excel: File, Save as, CSV UTF-8) and upload that"
            raise InvalidInput(f"this is {what}, not a CSV file: {advice}", code=code, field="file")
    marked = next((Encoding(name) for mark, name in _MARKS if head.startswith(mark)), None)
    return marked or _unmarked(head, is_whole=is_whole)


def _unmarked(head: bytes, *, is_whole: bool) -> Encoding:
    if b"\0" in head:
        return _wide(head)
    if head.isascii():
        return Encoding.UNDECIDED
    lines = head.splitlines()
    # The last line of what was read may end within a character.
    telling = [line for line in (lines if is_whole else lines[:-1] or lines) if not line.isascii()]
    if not telling:
        return Encoding.UNDECIDED
    # Text in Windows-1252 is hardly ever UTF-8 by chance; a few bad bytes in UTF-8 are the fault of their rows.
    return Encoding.UTF_8 if 2 * sum(map(_is_utf_8, telling)) >= len(telling) else Encoding.WINDOWS_1252


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _wide(head: bytes) -> Encoding:
    """UTF-16 without a mark, told by where the NULs are; a few strays in other text are the rows' own fault."""
    even, odd = head[0::2].count(0) / len(head), head[1::2].count(0) / len(head)
    if odd > _MOSTLY > even:
        return Encoding.UTF_16_LE
    if even > _MOSTLY > odd:
        return Encoding.UTF_16_BE
    if even + odd > _MOSTLY:
        raise InvalidInput("this is no text: export it as CSV", code="not_a_spreadsheet", field="file")
    return _unmarked(head.replace(b"\0", b" "), is_whole=False)
