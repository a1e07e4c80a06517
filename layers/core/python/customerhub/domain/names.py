"""Personal names: cleaning, and whether two could be one person's."""

import unicodedata

_BLANK = frozenset({"Cc", "Zs", "Zl", "Zp"})


def clean_name(text: str) -> str:
    """NFC, runs of white space and control characters made one space, ends trimmed; may be empty.

    Format characters stay: Persian and Indic names are spelled with joiners.
    """
    printable = "".join(" " if unicodedata.category(character) in _BLANK else character for character in text)
    return " ".join(unicodedata.normalize("NFC", printable).split())


def names_differ(one: str | None, other: str | None) -> bool:
    """Whether both first names are known and cannot be the same person's.

    Case, accents, punctuation and further given names do not count: `José Luis` and `jose` do not differ.
    """
    if not one or not other:
        return False
    tokens = _first_token(one), _first_token(other)
    return all(tokens) and tokens[0] != tokens[1]


def _first_token(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c if c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    return next(iter(letters.split()), "")
