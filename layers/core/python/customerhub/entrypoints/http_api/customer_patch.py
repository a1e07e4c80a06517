"""`PATCH /api/customers/{customerId}`: change a customer; an id from before a merge works on."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from customerhub.app import CustomersApp
from customerhub.domain.caller import Caller, UserCaller
from customerhub.domain.conflict import Conflict
from customerhub.domain.contact import UNNAMED_SOURCE
from customerhub.domain.customer_patch import KEEP, NamedIdentifier, NewValues, PatchStatement, read_patch
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer
from customerhub.domain.identifier import Kind
from customerhub.entrypoints.http_api import examples
from customerhub.entrypoints.http_api.conflict_answer import conflict_response
from customerhub.entrypoints.http_api.customer_models import (
    Address,
    ConflictResponse,
    CustomerBody,
    Map,
    Name,
    Source,
    Text,
    UserId,
    Words,
    customer_fields,
)
from customerhub.entrypoints.http_api.customers import CustomerResponse, path_customer_id
from customerhub.entrypoints.http_api.idempotency import KEY_HEADER, key_of
from customerhub.entrypoints.http_api.models import RequestBody
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.ports import RateVerdict
from customerhub.services.change_customer import Outcome, change_customer

MAX_NAMED = 10
"""Identifiers to add, and to remove, at once: with heirs of shared phones it stays one transaction."""


class IdentifierBody(RequestBody):
    """What a person is known by."""

    kind: Literal["email", "phone", "authUserId"]
    value: UserId = Field(description="In any spelling.")


class CustomerPatch(RequestBody):
    """A JSON merge patch: what is absent stays as it is, null and blank text clear."""

    first_name: Name | None = None
    last_name: Name | None = None
    email: Text = Field(
        default_factory=str,
        description="The one to show first; added where it is new. Not null: see removeIdentifiers.",
    )
    phone: Text = Field(default_factory=str, description="The one to show first, in any spelling, as with `email`.")
    allergies: Words | None = Field(None, description="In the place of those known.")
    preferences: Map | Words | None = Field(None, description="A map or a list, in the place of what is known.")
    address: Address | None = Field(None, description="The parts given replace, a part that is null is cleared.")
    add_identifiers: Annotated[list[IdentifierBody], Field(max_length=MAX_NAMED)] = Field(
        default_factory=list, description="For trusted callers."
    )
    remove_identifiers: Annotated[list[IdentifierBody], Field(max_length=MAX_NAMED)] = Field(
        default_factory=list, description="For trusted callers. A shared phone goes to one who shares it."
    )
    source: Source | None = Field(None, description="Through what the change came: `console`, `chatbot`, …")

    def to_statement(self, default_source: str) -> PatchStatement:
        """The words as the domain takes them."""
        shown = [(name, getattr(self, name)) for name in ("email", "phone") if name in self.model_fields_set]
        return PatchStatement(
            source=(self.source or "").lower() or default_source,
            values=self._values(),
            chosen=tuple(NamedIdentifier(Kind(name), text, name) for name, text in shown),
            added=tuple(_named(self.add_identifiers, "addIdentifiers")),
            removed=tuple(_named(self.remove_identifiers, "removeIdentifiers")),
        )

    def _values(self) -> NewValues:
        stated = self.model_fields_set
        preferences = self.preferences if isinstance(self.preferences, dict) else tuple(self.preferences or ())
        return NewValues(
            first_name=self.first_name if "first_name" in stated else KEEP,
            last_name=self.last_name if "last_name" in stated else KEEP,
            allergies=tuple(self.allergies or ()) if "allergies" in stated else KEEP,
            preferences=preferences if "preferences" in stated else KEEP,
            address=_address(self.address) if "address" in stated else KEEP,
        )


def patch_customer(app: CustomersApp, request: Request) -> Response:
    """Answer one call."""
    customer_id, caller, body = path_customer_id(request), request.caller, request.body()
    statement = parse_body(CustomerPatch, body).to_statement(_default_source(caller))
    key, now = key_of(request, f"PATCH {customer_id}", body), app.clock.now()
    patch = read_patch(statement, caller, now)

    def work(verdict: RateVerdict) -> Response:
        answer = change_customer(
            customer_id,
            patch,
            caller,
            Circumstances(caller.credential, patch.source, request.id, now),
            store=app.identities,
            clock=app.clock,
            present=lambda outcome: _present(outcome, caller, request.id),
            before_write=verdict.require,
            key=key,
        )
        return Response(answer.status, answer.body)

    return rated(app, request, f"id:{customer_id}", work)


def _present(outcome: Outcome, caller: Caller, request_id: str) -> Answer:
    if isinstance(outcome, Conflict):
        return Answer(409, conflict_response(outcome, caller, request_id).model_dump_json(exclude_none=True))
    body = CustomerResponse(customer=CustomerBody.model_validate(customer_fields(outcome)))
    return Answer(200, body.model_dump_json())


def _default_source(caller: Caller) -> str:
    return "webapp" if isinstance(caller, UserCaller) else UNNAMED_SOURCE


_KINDS = {"email": Kind.EMAIL, "phone": Kind.PHONE, "authUserId": Kind.AUTH}


def _named(bodies: Iterable[IdentifierBody], field: str) -> Iterable[NamedIdentifier]:
    return (
        NamedIdentifier(_KINDS[body.kind], body.value, f"{field}.{number}.value") for number, body in enumerate(bodies)
    )


def _address(address: Address | None) -> dict[str, str | None] | None:
    if address is None:
        return None
    return {
        name: (line or "").strip() or None
        for name, line in address.model_dump(exclude_unset=True, by_alias=True).items()
    }


PATCH_CUSTOMER = Route(
    "PATCH",
    "/api/customers/{customerId}",
    patch_customer,
    summary="Change a customer",
    description=(
        "A JSON merge patch. Nothing is written where nothing changes; two patches of different fields at once both "
        "land. An identifier that another customer owns is a 409, and nothing is changed. A user changes the own "
        "record only, and chooses among the own proven e-mails and phones; new ones come by `POST /api/verifications` "
        "or customer-management."
    ),
    path_parameters={"customerId": Parameter("A customer's id, also one from before a merge.")},
    body=CustomerPatch,
    body_examples=examples.CUSTOMER_PATCHES,
    headers=KEY_HEADER,
    answers={
        200: Documented("The customer after it.", CustomerResponse, {"customer": examples.CUSTOMERS}),
        409: Documented("An identifier belongs to another customer.", ConflictResponse, examples.CONFLICTS),
    },
)
