"""Personal names: cleaning, and whether two could be one person's."""

import re
import unicodedata

_BLANK = frozenset({"Cc", "Zs", "Zl", "Zp"})
_BOUNDARY = re.compile(r"[\s\-\u2010-\u2015.,]+")


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


def _first_token(name: str | None) -> str:
    """The first given name, folded; empty where there is no letter in it."""
    folded = unicodedata.normalize("NFKD", (name or "").casefold())
    words = ("".join(filter(_counts, word)) for word in _BOUNDARY.split(folded))
    return next((word for word in words if word), "")


def _counts(character: str) -> bool:
    """Letters, digits, and the vowel signs of scripts that need them; not the accents of Latin, Greek and Cyrillic."""
    is_accent = "\u0300" <= character <= "\u036f"
    return character.isalnum() or (unicodedata.category(character).startswith("M") and not is_accent)
