"""Aligned columns on a terminal."""

from collections.abc import Sequence


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print all columns as wide as their widest cell: the first and the last to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, ["-" * width for width in widths], *rows):
        first, *middle, last = row
        numbers = [cell.rjust(width) for cell, width in zip(middle, widths[1:], strict=False)]
        print("  ".join([first.ljust(widths[0]), *numbers, last]).rstrip())
    print()
