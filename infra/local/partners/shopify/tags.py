"""Tags: alike in upper and lower case, kept as they were written first, shown in alphabetical order."""

from collections.abc import Iterable, Sequence

from infra.local.partners.shopify.records import Tags
from infra.local.partners.shopify.refusals import Problem

MOST_TAGS = 250
LONGEST_TAG = 255


def read_tags(texts: Iterable[str]) -> list[str]:
    """The tags in texts, each of which can hold several between commas."""
    return [tag for text in texts for part in text.split(",") if (tag := part.strip())]


def joined(tags: Sequence[str], more: Iterable[str]) -> Tags:
    """All of them, each once."""
    known: dict[str, str] = {}
    for tag in (*tags, *more):
        known.setdefault(tag.casefold(), tag)
    return tuple(sorted(known.values(), key=str.casefold))


def without(tags: Sequence[str], fewer: Iterable[str]) -> Tags:
    """Those that are not among `fewer`."""
    gone = {tag.casefold() for tag in fewer}
    return tuple(tag for tag in tags if tag.casefold() not in gone)


def tag_problems(tags: Sequence[str], field: tuple[str, ...]) -> list[Problem]:
    """What is wrong with all the tags of a record."""
    problems = []
    if len(tags) > MOST_TAGS:
        problems.append(Problem(field, f"Tags cannot exceed {MOST_TAGS} tags", "TOO_LONG"))
    if any(len(tag) > LONGEST_TAG for tag in tags):
        problems.append(Problem(field, f"Tags cannot be longer than {LONGEST_TAG} characters", "TOO_LONG"))
    return problems
