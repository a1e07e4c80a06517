"""The words of a query, one after the other: what the reader of every query language works on."""

import re
from collections.abc import Callable


class QueryWords:
    """Where reading has come to in a query."""

    def __init__(self, query: str, word: re.Pattern[str], refusal: Callable[[int], Exception]) -> None:
        """`word` matches the next word, whatever it is. Raises `refusal` of the place of what is none."""
        self._words: list[re.Match[str]] = []
        self._read = 0
        text, place = query.rstrip(), 0
        while place < len(text):
            found = word.match(text, place)
            if found is None:
                raise refusal(place)
            self._words.append(found)
            place = found.end()
        self._length = len(query)

    @property
    def place(self) -> int:
        """Of the next word in the query, or its end."""
        word = self.peek()
        return self._length if word is None else word.start()

    def peek(self) -> re.Match[str] | None:
        """The next word, None at the end."""
        return self._words[self._read] if self._read < len(self._words) else None

    def take(self, kind: str, text: str | None = None) -> str | None:
        """Go past the next word if it is of that kind (and is `text`), and return it; else None."""
        word = self.peek()
        found = None if word is None else word[kind]
        if found is None or text not in (None, found):
            return None
        self._read += 1
        return str(found)
