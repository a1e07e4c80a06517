"""A shop has merged two of its customer records: so does the hub, in its ledger, so that it can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from customerhub.domain.blocks import blocks
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.customer import Customer
from customerhub.domain.ids import CustomerId, ExternalId
from customerhub.domain.joining import join
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.services.attempts import attempts
from customerhub.services.bring_record import Word, bring_record
from customerhub.services.live_customers import live_customers
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_record_off import find_gone, take_record_off


def take_in_merge(kept: ExternalId, absorbed: Sequence[ExternalId], at: datetime, turn: ShopTurn) -> RecordVerdict:
    """What became of the record that was kept; those that went into it are gone.

    The absorbed records leave their customers first, since nobody has two of one shop; then these customers go into the
    one of the record that was kept, under that one's id; then the record is taken in as it is now. Where they cannot be
    one (each is a member, say), they stay apart, and a conflict is recorded for review. Raises RetryLater, and what the
    connector raises. Idempotent.
    """
    for record in absorbed:
        take_record_off(record, at, turn)
    remote = turn.connector.get_customer(kept)
    if remote is None or remote.id != kept:
        return find_gone(kept, at, turn)
    known = turn.records.find_records(turn.tenant, turn.integration.id, [kept]).get(kept)
    kinds = _join(known.customer.id, kept, absorbed, turn) if known else []
    verdict = bring_record(remote, Word.READ, turn)
    if known is None and verdict.customer:
        kinds = _join(verdict.customer, kept, absorbed, turn)
    return RecordVerdict(kept, Verdict.CONFLICT, kinds[0], verdict.customer) if kinds else verdict


def _join(
    survivor: CustomerId, kept: ExternalId, absorbed: Sequence[ExternalId], turn: ShopTurn
) -> Sequence[ConflictKind]:
    """Make those whose records went into the one that was kept one with its customer; of those who cannot be, the kinds
    of conflicts."""
    tenant, integration = turn.tenant.id, turn.integration.id
    others = (turn.records.deleted_customer(tenant, integration, record) for record in absorbed)
    joined = (attempts(turn.club.clock, _Joining(survivor, other, kept, turn).attempt) for other in others if other)
    return [kind for kind in joined if kind]


@dataclass(frozen=True)
class _Joining:
    survivor: CustomerId
    other: CustomerId
    kept: ExternalId
    turn: ShopTurn

    def attempt(self) -> ConflictKind | None:
        """Make them one; the kind of conflict where they cannot be. Raises LostRace when what was read is out of
        date."""
        turn = self.turn
        live = live_customers([self.survivor, self.other], turn.tenant.id, store=turn.identities)
        survivor, other = live.get(self.survivor), live.get(self.other)
        if survivor is None or other is None or survivor.id == other.id:
            return None
        parties = (survivor, other)
        circumstances = turn.circumstances(self.kept)
        if blocks(parties):
            return self._refer(parties)
        keys = {identifier.key for party in parties for identifier in party.identifiers}
        claims = turn.identities.read_identity(turn.tenant, sorted(keys), None).claims
        _, changes = join(survivor, [other], claims, circumstances)
        turn.identities.write(turn.tenant, changes, None)
        return None

    def _refer(self, parties: tuple[Customer, Customer]) -> ConflictKind | None:
        """For review; unless staff have said already that they are different people."""
        if parties[0].is_kept_apart_from(parties[1]):
            return None
        turn, kind = self.turn, ConflictKind.CONTRADICTION
        conflict = Conflict(turn.tenant.id, kind, parties, (), turn.circumstances(self.kept))
        turn.identities.record_conflict(turn.tenant, conflict)
        return kind
