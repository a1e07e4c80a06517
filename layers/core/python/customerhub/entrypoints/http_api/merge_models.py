"""Merges and their undoing as JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, JsonValue, StringConstraints
from pydantic.alias_generators import to_camel

from customerhub.domain.blocks import Block
from customerhub.domain.facets import Facet
from customerhub.domain.identifier import Identifier
from customerhub.domain.ids import IntegrationId
from customerhub.domain.preview import FieldOutcome
from customerhub.domain.records import Record
from customerhub.domain.unmerge import Separation
from customerhub.entrypoints.http_api.customer_models import CustomerBody, customer_fields
from customerhub.entrypoints.http_api.models import Body, RequestBody
from customerhub.services.merge_customers import MAX_LISTED, Merged
from customerhub.services.unmerge_customers import Unmerged

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
EditId = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class MergeRequest(RequestBody):
    """Which customer goes into the one of the path."""

    other_id: Id
    dry_run: bool = Field(default=False, description="Tell what would happen, and change nothing.")
    forget_kept_apart: bool = Field(
        default=False, description="Merge although somebody said that they are different people."
    )


class BlockBody(Body):
    """What keeps the two from becoming one."""

    code: str = Field(examples=["two_auth_users"])
    message: str


class FieldBody(Body):
    """One field of the merged customer."""

    field: str
    value: JsonValue
    taken_from: list[str] = Field(description="The ids of those whose value it is.")
    reason: str


class IdentifierBody(Body):
    """An identifier that comes to the survivor."""

    kind: str
    value: str
    grade: str
    owned: bool


class RecordBody(Body):
    """A record that the survivor has from now on; it stays stored where it is."""

    kind: str
    id: str
    customer_id: str


class OutsideBody(Body):
    """A shop or CRM that is brought in line."""

    integration: str = Field(examples=["shopify"])


class MergeResponse(Body):
    """What a merge does, or did. The merge does what its dry run tells."""

    merge_id: str | None = Field(description="By which it can be undone; null where nothing was merged.")
    dry_run: bool
    customer: CustomerBody = Field(description="The one customer, under the id of the path.")
    absorbed: list[str] = Field(description="Ids that lead to it from now on.")
    blocks: list[BlockBody] = Field(description="Why they cannot be merged; empty when they can.")
    fields: list[FieldBody]
    identifiers: list[IdentifierBody]
    records: list[RecordBody] = Field(description=f"Up to {MAX_LISTED} of each kind.")
    outside: list[OutsideBody] = Field(
        description="Which shops and CRMs get the customer as it is then; empty while none has to do with it."
    )


class Refusal(Body):
    """Why something was not done."""

    error: str
    message: str
    code: str
    request_id: str


class MergeRefusal(Refusal):
    """The two cannot be one; nothing was changed."""

    blocks: list[BlockBody]


class UnmergeRequest(RequestBody):
    """Which merge to undo, and what to do with what was edited since."""

    merge_id: Id | None = Field(None, description="Needed where the customer came of several merges.")
    dry_run: bool = Field(default=False, description="Tell what would happen, and change nothing.")
    keep_separate: bool = Field(default=True, description="No call merges them again.")
    assign: dict[EditId, Id] = Field(
        default_factory=dict, description="Whose an edit or record is: its id, and the customer's.", max_length=500
    )


class LaterEdit(Body):
    """Something that was edited since the merge, or a record that came since."""

    id: str = Field(description="By which `assign` names it.", examples=["allergy:nuts"])
    belongs_to: list[str] = Field(description="Whose it is; empty where nobody can tell.")


class UnmergeResponse(Body):
    """What an undoing does, or did."""

    merge_id: str
    dry_run: bool
    customers: list[CustomerBody] = Field(description="The survivor, then those who were merged into it.")
    edits: list[LaterEdit]
    records: list[LaterEdit]
    unassigned: list[str] = Field(description="What `assign` must name before it can be done.")
    taken_back: list[str] = Field(description="What the merging call brought, which was nobody's before.")


class UnmergeRefusal(Refusal):
    """A person must say whose some edits are; nothing was changed."""

    unmerge: UnmergeResponse


def customer_body(customer: Any) -> CustomerBody:
    """A customer as every answer shows it."""
    return CustomerBody.model_validate(customer_fields(customer))


def merge_response(merged: Merged, outside: Sequence[IntegrationId], *, dry_run: bool) -> MergeResponse:
    """The body of a merge or of its dry run. `outside` are the integrations that are owed the merged customer."""
    return MergeResponse(
        merge_id=merged.merge_id,
        dry_run=dry_run,
        customer=customer_body(merged.customer),
        absorbed=[customer.id for customer in merged.absorbed],
        blocks=block_bodies(merged.blocks),
        fields=[_field(outcome) for outcome in merged.fields],
        identifiers=[_identifier(identifier) for identifier in merged.identifiers],
        records=[_record(record) for record in merged.records],
        outside=[OutsideBody(integration=integration) for integration in outside],
    )


def block_bodies(blocks: tuple[Block, ...]) -> list[BlockBody]:
    """The reasons why customers cannot be one."""
    return [BlockBody(code=block.code, message=block.message) for block in blocks]


def unmerge_response(unmerged: Unmerged, *, dry_run: bool) -> UnmergeResponse:
    """The body of an undoing or of its dry run."""
    separation = unmerged.separation
    return UnmergeResponse(
        merge_id=unmerged.record.id,
        dry_run=dry_run,
        customers=[customer_body(customer) for customer in separation.customers],
        edits=[LaterEdit(id=edit.id, belongs_to=list(edit.owners)) for edit in separation.edits],
        records=_later_records(separation),
        unassigned=list(separation.unassigned),
        taken_back=[_facet(facet) for facet in separation.taken_back],
    )


def _later_records(separation: Separation) -> list[LaterEdit]:
    return [LaterEdit(id=later.id, belongs_to=[later.owner] if later.owner else []) for later in separation.records]


def _facet(facet: Facet) -> str:
    return ":".join(facet)


def _field(outcome: FieldOutcome) -> FieldBody:
    return FieldBody(
        field=to_camel(outcome.field),
        value=_json(outcome.value),
        taken_from=list(outcome.taken_from),
        reason=outcome.reason,
    )


def _json(value: object) -> JsonValue:
    if isinstance(value, Identifier):
        return value.shown
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | frozenset):
        return [_json(entry) for entry in (sorted(value) if isinstance(value, frozenset) else value)]
    if isinstance(value, Mapping):
        return {str(name): _json(entry) for name, entry in value.items()}
    return value if isinstance(value, str | int | float | bool | list | dict) else None


def _identifier(identifier: Identifier) -> IdentifierBody:
    return IdentifierBody(
        kind=identifier.kind, value=identifier.shown, grade=identifier.grade.name.lower(), owned=identifier.owned
    )


def _record(record: Record) -> RecordBody:
    return RecordBody(kind=record.kind, id=record.id, customer_id=record.customer)
