"""Staff merge two customers, or look at what a merge would do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from customerhub.domain.blocks import Block, blocks
from customerhub.domain.caller import Caller, Scope
from customerhub.domain.changes import Claims
from customerhub.domain.customer import Alias, Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.identifier import Identifier
from customerhub.domain.ids import CustomerId, MergeId
from customerhub.domain.joining import forgetting_apart, join
from customerhub.domain.merge import MergeRecord
from customerhub.domain.preview import FieldOutcome, moving, outcomes
from customerhub.domain.records import Record
from customerhub.errors import InvalidInput
from customerhub.ports import Clock, IdentityStore, MergeLedger, RecordStore
from customerhub.services.attempts import attempts
from customerhub.services.find_customer import find_customer

MAX_LISTED = 200
"""Of each kind of record and collection; a preview of ten thousand orders helps nobody."""


@dataclass(frozen=True)
class Merged:
    """What a merge does, or did. Blocked, or asked for as a dry run, it changes nothing and has no id.

    `customer` is the survivor as it will be; `identifiers` and `records` are what comes to it from the others, of each
    kind of record no more than `MAX_LISTED`.
    """

    merge_id: MergeId | None
    customer: Customer
    absorbed: tuple[Customer, ...]
    blocks: tuple[Block, ...]
    fields: tuple[FieldOutcome, ...]
    identifiers: tuple[Identifier, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True)
class MergeParts:
    """The stores that a merge works on."""

    identities: IdentityStore
    ledger: MergeLedger
    records: RecordStore
    clock: Clock


def merge_customers(
    customer_id: CustomerId,
    other_id: CustomerId,
    caller: Caller,
    circumstances: Circumstances,
    *,
    parts: MergeParts,
    dry_run: bool,
    forget_kept_apart: bool = False,
    before_write: Callable[[], object] = lambda: None,
) -> Merged:
    """The other customer goes into the first, in one transaction, and both ids keep working.

    A dry run tells what would happen, and what keeps it from happening; the merge does just that. Where they are one
    already, that merge is told of: a repeated call is harmless. `forget_kept_apart` overrules that they were said to be
    different people.
    Raises Forbidden, NotFound, Gone, TooMuchContention, and InvalidInput for a customer and itself.
    """
    caller.require(Scope.CUSTOMERS_MERGE)
    if customer_id == other_id:
        raise InvalidInput("a customer cannot be merged with itself", field="otherId")
    call = _Call(customer_id, other_id, caller, circumstances, parts, dry_run, forget_kept_apart, before_write)
    return attempts(parts.clock, call.attempt)


@dataclass(frozen=True)
class _Call:
    customer_id: CustomerId
    other_id: CustomerId
    caller: Caller
    circumstances: Circumstances
    parts: MergeParts
    dry_run: bool
    forget_kept_apart: bool
    before_write: Callable[[], object]

    def attempt(self) -> Merged:
        """Read, decide and write once."""
        survivor, other = parties = self._live(self.customer_id), self._live(self.other_id)
        if survivor.id == other.id:
            return self._known()
        found = blocks(forgetting_apart(parties) if self.forget_kept_apart else parties)
        customer, changes = join(survivor, [other], self._claims(parties), self.circumstances)
        is_done = not (self.dry_run or found)
        if is_done:
            self.before_write()
            self.parts.identities.write(self.caller.tenant, changes, None)
        return self._merged(customer, parties, changes.merges[0].id if is_done else None, found)

    def _live(self, customer_id: CustomerId) -> Customer:
        return find_customer(customer_id, self.caller, store=self.parts.identities)

    def _claims(self, parties: Sequence[Customer]) -> Claims:
        keys = {identifier.key for party in parties for identifier in party.identifiers}
        return self.parts.identities.read_identity(self.caller.tenant, sorted(keys), None).claims

    def _known(self) -> Merged:
        """The merge that made them one."""
        record = self._record()
        if record is None:
            raise InvalidInput("both ids are of one customer", code="same_customer", field="otherId")
        return self._merged(record.merged, (record.survivor, *record.absorbed), record.id, ())

    def _record(self) -> MergeRecord | None:
        stored = self.parts.identities.get_customers(self.caller.tenant.id, [self.customer_id, self.other_id])
        found = (stored.get(customer_id) for customer_id in (self.other_id, self.customer_id))
        alias = next((one for one in found if isinstance(one, Alias)), None)
        return self.parts.ledger.get_merge(alias.tenant, alias.merged_into, alias.merge) if alias else None

    def _merged(
        self, customer: Customer, parties: Sequence[Customer], merge_id: MergeId | None, found: tuple[Block, ...]
    ) -> Merged:
        survivor, *absorbed = parties
        ids = [customer_id for other in absorbed for customer_id in other.ids]
        return Merged(
            merge_id,
            customer,
            tuple(absorbed),
            found,
            outcomes(customer, parties),
            moving(absorbed, survivor),
            tuple(self.parts.records.list_records(customer.tenant, ids, MAX_LISTED)),
        )
