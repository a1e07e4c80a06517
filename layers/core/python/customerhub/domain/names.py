"""Personal names: cleaning, and whether two could be one person's."""

import re
import unicodedata

_BLANK = frozenset({"Cc", "Zs", "Zl", "Zp"})
_BOUNDARY = re.compile(r"[\s\-\u2010-\u2015.,]+")
_IDEOGRAPHIC = "[\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
_BETWEEN_IDEOGRAPHS = re.compile(f"(?<={_IDEOGRAPHIC}) (?={_IDEOGRAPHIC})")
_BARRED = str.maketrans("\u0142\u00f8\u0111\u0127\u0167\u0131", "lodhti")
"""Letters with a stroke, and the one without a dot: no decomposition of Unicode has them, but keyboards lack them."""

MAX_FOLDED_CHARACTERS = 100
"""What a search can tell names apart by: the key of an index holds 1,024 bytes, a letter has up to four."""


def clean_name(text: str) -> str:
    """NFC, runs of white space and control characters made one space, ends trimmed; may be empty.

    Format characters stay: Persian and Indic names are spelled with joiners.
    """
    printable = "".join(" " if unicodedata.category(character) in _BLANK else character for character in text)
    return " ".join(unicodedata.normalize("NFC", printable).split())


def names_differ(one: str | None, other: str | None) -> bool:
    """Whether both first names are known and cannot be the same person's.

    Case, accents, apostrophes, joiners and further given names do not count: `José Luis` and `jose` do not differ.
    """
    tokens = _first_token(one), _first_token(other)
    return all(tokens) and tokens[0] != tokens[1]


def names_agree(one: str | None, other: str | None) -> bool:
    """Whether both first names are known and may be the same person's."""
    tokens = _first_token(one), _first_token(other)
    return all(tokens) and tokens[0] == tokens[1]


def is_telling(name: str | None) -> bool:
    """Whether there is a letter or digit in the name, so that it can be compared."""
    return bool(_first_token(name))


def fold_name(text: str) -> str:
    """A name as a search compares it, the same for its stored and its typed spelling; empty without letter or digit.

    Case, accents, apostrophes and joiners do not count, nor do blanks between letters of scripts that are written
    without any; hyphens, dots and commas are blanks. At most `MAX_FOLDED_CHARACTERS`: letters, digits, vowel signs, and
    single blanks between words. The beginning of a name folds to the beginning of what the name folds to.
    """
    folded = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_BARRED)
    words = ("".join(filter(_counts, word)) for word in _BOUNDARY.split(folded))
    return _BETWEEN_IDEOGRAPHS.sub("", " ".join(filter(None, words)))[:MAX_FOLDED_CHARACTERS]


def _first_token(name: str | None) -> str:
    """The first given name, folded; empty where there is no letter in it."""
    folded = unicodedata.normalize("NFKD", (name or "").casefold())
    words = ("".join(filter(_counts, word)) for word in _BOUNDARY.split(folded))
    return next((word for word in words if word), "")


def _counts(character: str) -> bool:
    """Letters, digits, and the vowel signs of scripts that need them; not the accents of Latin, Greek and Cyrillic."""
    is_accent = "\u0300" <= character <= "\u036f"
    return character.isalnum() or (unicodedata.category(character).startswith("M") and not is_accent)
