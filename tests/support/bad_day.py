"""Many people enrolled at once, known to the shops or not, some of them twice, while both shops fail now and then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from customerhub.domain.ids import IntegrationId
from customerhub.domain.sync_health import SyncFigures
from tests.support.shop_scene import ShopScene
from tests.support.shops import COMMERCE7, SHOPIFY

STAGES = ("Bronze", "Silver")
Fault = dict[str, Any]


def failing(share: float, seed: int) -> list[Fault]:
    """That share of all calls fails: refused, not answered without effect, and not answered with effect, a third
    each. Faults are tried one after the other, so that the later ones must strike more often."""
    third = share / 3
    rates = (third, third / (1 - third), third / (1 - 2 * third))
    faults: list[Fault] = [{"mode": "status", "status": 503}, {"mode": "before"}, {"mode": "after"}]
    return [
        {**fault, "rate": rate, "seed": seed + number}
        for number, (fault, rate) in enumerate(zip(faults, rates, strict=True))
    ]


@dataclass
class BadDay:
    """`members` are the ids of those who were enrolled, by e-mail; `expected` is which stage each e-mail is to have in
    the shops, None for those who are in no stage."""

    scene: ShopScene
    members: dict[str, str] = field(default_factory=dict)
    expected: dict[str, str | None] = field(default_factory=dict)

    def open(self) -> None:
        """Two stages, whose discounts stand in the shops before it begins."""
        self.scene.open_stage("Bronze", 10, durationMonths=12)
        self.scene.open_stage("Silver", 15)
        self.scene.work_off(self.scene.clock.now() + timedelta(hours=1))

    def enroll(self, count: int) -> None:
        """Of ten people three are known to Commerce7 before, two to Shopify, one of whom to both; two are known to the
        hub. Some are known to a shop and never enrolled."""
        for number in range(count):
            self._enroll(number)
        for number in range(max(1, count // 20)):
            stranger = f"stranger{number}@example.com"
            for bench in self.scene.shops.benches.values():
                bench.add_customer(email=stranger, firstName="Sam", tags=["VIP"])
            self.expected[stranger] = None

    def enroll_again(self, every: int = 7) -> int:
        """One in `every` once more, in capitals: nothing comes of it. How many these were."""
        again = list(self.members)[::every]
        for email in again:
            reply = self.scene.club.enroll(self.scene.stage_ids[str(self.expected[email])], email=email.upper())
            assert (reply.status, reply.body["customer"]["id"]) == (200, self.members[email])
        return len(again)

    def rename(self, every: int = 9) -> None:
        """One in `every` is called something else, while what they are owed is on its way."""
        for number, customer in enumerate(list(self.members.values())[::every]):
            assert self.scene.till.patch(customer, lastName=f"Newname{number}").status == 200

    def check(self) -> Mapping[IntegrationId | None, SyncFigures]:
        """Invariant 2: whatever has failed, it all ended well."""
        self.scene.check_grants(self.expected)
        self.scene.check_synced(self.members.values())
        self.scene.check_welcomed(list(self.members))
        return self.scene.check_figures()

    def check_failures(self, figures: Mapping[IntegrationId | None, SyncFigures]) -> None:
        """Each call that failed is one attempt that failed, and none was refused for coming too fast."""
        for name, bench in self.scene.shops.benches.items():
            requests = bench.state()["requests"]
            assert requests["throttled"] == 0, name
            assert not {"429", "430"} & set(requests["byStatus"]), name
            assert figures[name].failed_attempts == sum(requests["byFault"].values()) > 0, name

    def _enroll(self, number: int) -> None:
        email, stage = f"member{number}@example.com", STAGES[number % 4 == 0]
        commerce7, shopify = (self.scene.shops.benches[name] for name in (COMMERCE7, SHOPIFY))
        match number % 10:
            case 0:
                for bench in (commerce7, shopify):
                    bench.add_customer(email=email.capitalize(), lastName="Known", tags=["VIP"])
            case 1 | 2:
                commerce7.add_customer(email=email, firstName="Other")
            case 3:
                shopify.add_customer(email=email, phone=f"+1707555{number:04}")
            case 4 | 5:
                self.scene.customer(email, firstName="Hub")
        enrollment = self.scene.join(stage, email, firstName=f"Member{number}")
        self.members[email], self.expected[email] = enrollment["customerId"], stage
