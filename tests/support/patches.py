"""What the tests of patches say."""

ANN, BOB = "ann@example.com", "bob@example.com"
PHONE, OTHER_PHONE = "+17075550101", "+17075550102"


def named(kind: str, value: str) -> dict[str, str]:
    """An entry of `addIdentifiers` or `removeIdentifiers`."""
    return {"kind": kind, "value": value}


def emails(*values: str) -> list[dict[str, str]]:
    """E-mails to add or to remove."""
    return [named("email", value) for value in values]


def phones(*values: str) -> list[dict[str, str]]:
    """Phones to add or to remove."""
    return [named("phone", value) for value in values]
