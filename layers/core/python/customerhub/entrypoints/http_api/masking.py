"""What a user may see of an account that may be somebody else's."""

import hashlib


def mask_email(address: str) -> str:
    """`j***@e***.com`: enough to recognise one's own address by."""
    local, _, domain = address.partition("@")
    name, _, suffix = domain.rpartition(".")
    return f"{local[:1]}***@{name[:1]}***.{suffix}"


def mask_phone(number: str) -> str:
    """`***67`: the last two digits."""
    return f"***{number[-2:]}"


def mask_id(account_id: str, conflict_id: str) -> str:
    """Tells the accounts of one conflict apart, and opens nothing."""
    return "account-" + hashlib.sha256(f"{conflict_id}\n{account_id}".encode()).hexdigest()[:12]
