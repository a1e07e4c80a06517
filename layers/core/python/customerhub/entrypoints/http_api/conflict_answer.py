"""The wording of a 409."""

from customerhub.domain.caller import Caller, TrustedCaller
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.entrypoints.http_api.customer_models import ConflictAccount, ConflictResponse, Conflicts
from customerhub.entrypoints.http_api.masking import mask_email, mask_id, mask_phone

LINK, SUPPORT, USE_EMAIL = "Link accounts automatically", "Contact customer support", "Use primary email account"
ASK = "Ask which person is calling"
_ABOUT_OTHERS = frozenset({ConflictKind.SHARED_PHONE, ConflictKind.WHICH_PERSON})
VERIFY = {Kind.EMAIL: "Verify email", Kind.PHONE: "Verify phone"}

MESSAGES = {
    ConflictKind.SEVERAL_ACCOUNTS: "Multiple accounts found. Please choose how to proceed.",
    ConflictKind.CONTRADICTION: "Multiple accounts found that cannot be one person's. Please contact customer support.",
    ConflictKind.SHARED_PHONE: "This phone belongs to somebody of another name and e-mail. Please ask who is calling.",
    ConflictKind.WHICH_PERSON: "Several people share this phone. Please ask who is calling.",
    ConflictKind.UNPROVEN: "An account with these details exists. Please verify that they are yours.",
}


def conflict_response(conflict: Conflict, caller: Caller, request_id: str) -> ConflictResponse:
    """The body: whole for a trusted caller; for a user masked, without names, and with no way to tell what else the
    accounts hold, or that a phone is shared."""
    trusted = isinstance(caller, TrustedCaller)
    kind = conflict.kind if trusted or conflict.kind not in _ABOUT_OTHERS else ConflictKind.UNPROVEN
    return ConflictResponse(
        error="Account conflict",
        conflicts=Conflicts(
            found=True,
            id=conflict.id,
            kind=kind,
            accounts=[_account(customer, conflict, trusted=trusted) for customer in conflict.customers],
            suggested_actions=_trusted_actions(kind) if trusted else _user_actions(conflict),
        ),
        message=MESSAGES[kind],
        code="account_conflict",
        request_id=request_id,
    )


def _account(customer: Customer, conflict: Conflict, *, trusted: bool) -> ConflictAccount:
    source = customer.account_sources[0]
    if trusted:
        return ConflictAccount(
            id=customer.id, name=customer.name, email=customer.email, phone=customer.phone, source=source
        )
    named = [i for i in customer.identifiers if i.key in conflict.identifiers]
    email = next((mask_email(i.shown) for i in named if i.kind is Kind.EMAIL), None)
    phone = next((mask_phone(i.shown) for i in named if i.kind is Kind.PHONE), None)
    return ConflictAccount(id=mask_id(customer.id, conflict.id), email=email, phone=phone, source=source)


def _trusted_actions(kind: ConflictKind) -> list[str]:
    match kind:
        case ConflictKind.SEVERAL_ACCOUNTS:
            return [LINK, SUPPORT, USE_EMAIL]
        case ConflictKind.SHARED_PHONE | ConflictKind.WHICH_PERSON:
            return [ASK, USE_EMAIL, SUPPORT]
        case _:
            return [SUPPORT]


def _user_actions(conflict: Conflict) -> list[str]:
    """Verify what was typed and leads to another account; nothing else is in a user's hands."""
    if conflict.kind is not ConflictKind.UNPROVEN:
        return [SUPPORT]
    held: set[IdentifierKey] = {i.key for customer in conflict.customers for i in customer.identifiers}
    typed = {key.kind for key in conflict.identifiers if key in held}
    return [*(action for kind, action in VERIFY.items() if kind in typed), SUPPORT]
