"""The wording of a 409."""

from customerhub.domain.caller import Caller, TrustedCaller
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.entrypoints.http_api.customer_models import ConflictAccount, ConflictResponse, Conflicts
from customerhub.entrypoints.http_api.masking import mask_email, mask_phone

LINK, SUPPORT, USE_EMAIL = "Link accounts automatically", "Contact customer support", "Use primary email account"
ASK = "Ask which person is calling"
_HOUSEHOLD = frozenset({ConflictKind.SHARED_PHONE, ConflictKind.WHICH_PERSON})
VERIFY = {Kind.EMAIL: "Verify email", Kind.PHONE: "Verify phone"}

SHARED_MESSAGE = "An account with these details exists. Please contact customer support."
MESSAGES = {
    ConflictKind.SEVERAL_ACCOUNTS: "Multiple accounts found. Please choose how to proceed.",
    ConflictKind.CONTRADICTION: "Multiple accounts found that cannot be one person's. Please contact customer support.",
    ConflictKind.SHARED_PHONE: "This phone belongs to somebody of another name and e-mail. Please ask who is calling.",
    ConflictKind.WHICH_PERSON: "Several people share this phone. Please ask who is calling.",
    ConflictKind.UNPROVEN: "An account with these details exists. Please verify that they are yours.",
}


def conflict_response(conflict: Conflict, caller: Caller, request_id: str) -> ConflictResponse:
    """The body: whole for a trusted caller. A user learns which of the identifiers named lead to another account, in
    masked form, and nothing of the accounts: not which, nor how many, nor whether two identifiers are one person's."""
    trusted = isinstance(caller, TrustedCaller)
    kind = conflict.kind if trusted or conflict.kind not in _HOUSEHOLD else ConflictKind.UNPROVEN
    return ConflictResponse(
        error="Account conflict",
        conflicts=Conflicts(
            found=True,
            id=conflict.id if trusted else None,
            kind=kind,
            accounts=[_account(c) for c in conflict.customers] if trusted else _masked_accounts(conflict),
            suggested_actions=_trusted_actions(kind) if trusted else _user_actions(conflict),
        ),
        message=MESSAGES[kind] if trusted or kind == conflict.kind else SHARED_MESSAGE,
        code="account_conflict",
        request_id=request_id,
    )


def _account(customer: Customer) -> ConflictAccount:
    return ConflictAccount(
        id=customer.id,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        source=customer.account_sources[0],
    )


def _leading(conflict: Conflict) -> list[IdentifierKey]:
    """The identifiers of the call that one of the customers carries."""
    held = {identifier.key for customer in conflict.customers for identifier in customer.identifiers}
    return [key for key in conflict.identifiers if key in held]


def _masked_accounts(conflict: Conflict) -> list[ConflictAccount]:
    """One entry for each identifier, numbered for this answer only."""
    return [
        ConflictAccount(
            id=f"account-{number}",
            email=mask_email(key.value) if key.kind is Kind.EMAIL else None,
            phone=mask_phone(key.value) if key.kind is Kind.PHONE else None,
        )
        for number, key in enumerate(_leading(conflict), start=1)
    ]


def _trusted_actions(kind: ConflictKind) -> list[str]:
    match kind:
        case ConflictKind.SEVERAL_ACCOUNTS:
            return [LINK, SUPPORT, USE_EMAIL]
        case ConflictKind.SHARED_PHONE | ConflictKind.WHICH_PERSON:
            return [ASK, USE_EMAIL, SUPPORT]
        case _:
            return [SUPPORT]


def _user_actions(conflict: Conflict) -> list[str]:
    """Link what is proven (the call again with `mergeIfFound`), verify what is not."""
    match conflict.kind:
        case ConflictKind.SEVERAL_ACCOUNTS:
            return [LINK, SUPPORT]
        case ConflictKind.UNPROVEN:
            kinds = {key.kind for key in _leading(conflict)}
            return [*(action for kind, action in VERIFY.items() if kind in kinds), SUPPORT]
        case _:
            return [SUPPORT]
