"""A shop's products, mirrored as the shop has them."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

from customerhub.domain.remote import RemoteProduct
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.errors import LostRace
from customerhub.services.settle_record import settle_record
from customerhub.services.shop_turn import ShopTurn

OLD = "old"


def take_in_products(products: Sequence[RemoteProduct], turn: ShopTurn, threads: Executor) -> list[RecordVerdict]:
    """The verdict on each product, in order; the newest word about one wins, in whatever order words come: SKIPPED
    `old` for an older one. One batch read for each hundred, and one write for each that is new or has changed. Raises
    RetryLater alone."""
    known = turn.records.find_products(turn.tenant.id, turn.integration.id, [product.id for product in products])
    return list(threads.map(lambda product: _take_in(product, known.get(product.id), turn), products))


def _take_in(product: RemoteProduct, known: RemoteProduct | None, turn: ShopTurn) -> RecordVerdict:
    told = replace(product, raw={})
    if known == told:
        return RecordVerdict(product.id, Verdict.UNCHANGED)
    if known and known.updated_at > told.updated_at:
        return RecordVerdict(product.id, Verdict.SKIPPED, OLD)

    def settle() -> RecordVerdict:
        try:
            turn.records.put_product(turn.tenant.id, turn.integration.id, told)
        except LostRace:
            return RecordVerdict(product.id, Verdict.SKIPPED, OLD)
        return RecordVerdict(product.id, Verdict.UPDATED if known else Verdict.CREATED)

    return settle_record(product.id, turn, settle)
