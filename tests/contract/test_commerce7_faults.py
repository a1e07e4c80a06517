"""Invariant 2 at Commerce7: whatever request meets whatever failure, and is repeated, there is one customer, one grant
and one promotion."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest

from customerhub.connectors.commerce7.connector import Commerce7Connector
from customerhub.domain.offer import PlacedOffer
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer
from customerhub.errors import PartnerUnavailable
from tests.support.commerce7_bench import Commerce7Bench, Hindrance
from tests.support.commerce7_fake import CountingPacer
from tests.support.partner_bench import offer

ANN = OutgoingCustomer("ann@example.com", "Ann", "Otter", "+14155550123")
MARRIED = replace(ANN, last_name="Beaver", phone="+14155550124")
BRONZE = offer("Bronze", 10, "5f0c9a31-0000-4000-8000-000000000001")
GOLD = offer("Gold", 20, "77777777-0000-4000-8000-000000000001")
HOOKS = "https://hub.example.com/api/webhooks/commerce7"
Outcome = TypeVar("Outcome")


@dataclass
class Worker:
    """Does what is owed, and again where that failed, as one who has forgotten everything but what it was told."""

    bench: Commerce7Bench
    network: Hindrance

    def until_done(self, act: Callable[[Commerce7Connector], Outcome]) -> Outcome:
        """Each attempt with a connector of its own. A life has fewer requests than the allowance: nobody waits."""
        for _ in range(3):
            try:
                return act(self.bench.fresh(self.network, CountingPacer()))
            except PartnerUnavailable:
                continue
        raise AssertionError("one failure, and not done after three attempts")

    def placed(self, of: PlacedOffer | None, stage: str) -> PlacedOffer:
        """An offer in its place; None is what was known of it where the answer never came."""
        wanted = {"Bronze": BRONZE, "Gold": GOLD, "Silver": replace(BRONZE, name="Silver")}[stage]
        return self.until_done(lambda connector: connector.place_offer(wanted, of))

    def a_members_life(self) -> None:
        """Enrolled, moved to the other stage, married, and gone; the stage is renamed and given up."""
        bronze, gold = self.placed(None, "Bronze"), self.placed(None, "Gold")
        self.until_done(lambda connector: self.sync(connector, ANN, grant=bronze, revoke=gold))
        assert self.bench.checkout_percent(ANN.email) == 10
        self.until_done(lambda connector: self.sync(connector, ANN, grant=gold, revoke=bronze))
        assert self.bench.checkout_percent(ANN.email) == 20
        self.until_done(lambda connector: self.sync(connector, MARRIED, grant=gold, revoke=bronze))
        self.placed(bronze, "Silver")
        self.until_done(lambda connector: connector.withdraw_offer(gold))
        self.until_done(lambda connector: connector.register_webhooks(HOOKS))

    def sync(
        self, connector: Commerce7Connector, person: OutgoingCustomer, *, grant: PlacedOffer, revoke: PlacedOffer
    ) -> RemoteCustomer:
        """What the job of a customer does."""
        customer = connector.upsert_customer(person)
        connector.remove_customer_from_discount(customer, revoke)
        connector.add_customer_to_discount(customer, grant)
        return customer

    def check(self) -> None:
        """One of each, as it was meant."""
        (seen,) = self.bench.customers()
        assert (seen.emails, seen.first_name, seen.last_name) == ((ANN.email,), "Ann", "Beaver")
        assert seen.phones == ("+14155550124", "+14155550123")
        assert sorted(seen.tags) == ["Club: Gold [77777777]", "customer-hub"]
        assert sorted(self.bench.stage_tags()) == ["Club: Gold [77777777]", "Club: Silver [5f0c9a31]"]
        offers = sorted((each.title, each.percent, each.is_active) for each in self.bench.offers())
        assert offers == [("Gold", 20, False), ("Silver", 10, True)]
        hooks = self.bench.subscriptions()
        assert len(hooks) == len(set(hooks)) == 7
        assert self.bench.refusals() == {}


@pytest.mark.parametrize("failure", ["before", "after", "status"])
def test_every_request_may_fail_once(commerce7: Commerce7Bench, failure: str) -> None:
    rehearsal = Worker(commerce7, Hindrance())
    rehearsal.a_members_life()
    rehearsal.check()
    requests = len(rehearsal.network.sent)
    assert requests > 40
    for at in range(requests):
        commerce7.close()
        commerce7.reset()
        unlucky = Worker(commerce7, Hindrance(at, failure))
        unlucky.a_members_life()
        unlucky.check()
    print(f"{requests} requests, each of which failed once: {failure}")
