"""What a user may see of an account that may be somebody else's."""


def mask_email(address: str) -> str:
    """`j***@e***.com`: enough to recognise one's own address by."""
    local, _, domain = address.partition("@")
    name, _, suffix = domain.rpartition(".")
    return f"{local[:1]}***@{name[:1]}***.{suffix}"


def mask_phone(number: str) -> str:
    """`***67`: the last two digits, without an extension."""
    return f"***{number.partition(';')[0][-2:]}"
