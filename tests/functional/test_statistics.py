"""The statistics equal a recount of the customers, however the stream's records arrive and whatever fails."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from customerhub.app import OperatorApp
from customerhub.bootstrap import build_operator_app
from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE, TTL_ATTRIBUTE, WORK_TABLE_VARIABLE
from customerhub.domain.customer import Alias, Customer, Erased, StoredCustomer
from customerhub.domain.ids import ErasureId
from customerhub.domain.statistics import Figure, Group, Name
from customerhub.errors import RetryLater
from customerhub.services.rebuild_statistics import Rebuilt, rebuild_statistics
from customerhub.services.verify_statistics import Verification, verify_statistics
from customerhub.settings import Settings
from customerhub.store import keys
from customerhub.store.customers import from_stored
from customerhub.store.table import ALWAYS, Add, Database, Put
from infra.local.emulator import Emulator
from infra.local.tables import DynamoDBTables, create_tables
from tests.support.faults import UseCase, survive_every_failure
from tests.support.people import NOW
from tests.support.stream import Record, TableStream, follow, profiles
from tests.support.till import Till, open_till

CALLS = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["ann@example.com", "bob@example.com", "cid@example.com"]),
        "phone": st.sampled_from(["+17075550101", "+17075550102"]),
        "authUserId": st.sampled_from(["user-1", "user-2"]),
        "source": st.sampled_from(["chatbot", "webapp", "shopify"]),
        "mergeIfFound": st.booleans(),
    },
)
ANN = {"email": "ann@example.com", "source": "webapp"}
BOB = {"phone": "+17075550102", "source": "chatbot"}
BOTH = {"email": "ann@example.com", "phone": "+17075550102", "mergeIfFound": True}


@dataclass
class Hub:
    """One fresh tenant over the tables, the stream of what it does, and the operator."""

    tables: DynamoDBTables
    client: Any = field(init=False)
    till: Till = field(init=False)
    stream: TableStream = field(init=False)
    pending: list[Record] = field(default_factory=list)
    """Records that were read and not handed on yet."""

    def __post_init__(self) -> None:
        """Begin to listen."""
        self.client = self.tables.client()
        self.till = open_till(self.client, self.tables.names)
        self.stream = TableStream(self.tables)

    @property
    def tenant(self) -> Any:
        """Its id."""
        return self.till.tenant.id

    def operator(self, client: Any = None) -> OperatorApp:
        """The operator's parts, through `client`."""
        return build_operator_app(Settings(self.tables.names), client or self.client)

    def records(self) -> list[Record]:
        """What was written to the tenant's profiles since the last time."""
        return profiles(self.stream.read(self.tenant))

    def follow(self, records: list[Record], client: Any = None) -> list[str]:
        """One batch."""
        return follow(client or self.client, self.tables.names, records)

    def verify(self) -> Verification:
        """Recount and compare."""
        app = self.operator()
        return verify_statistics(self.tenant, statistics=app.statistics, profiles=app.profiles)

    def rebuild(self, client: Any = None) -> Rebuilt:
        """Count anew."""
        app = self.operator(client)
        return rebuild_statistics(self.tenant, statistics=app.statistics, profiles=app.profiles, clock=app.clock)

    def everybody(self) -> list[StoredCustomer]:
        """Whatever stands in customers' places."""
        return [stored for page in self.operator().profiles.walk(self.tenant) for stored in page]

    def put(self, stored: StoredCustomer) -> None:
        """Let that stand in the customer's place."""
        key = keys.profile(self.tables.names[CUSTOMERS_TABLE_VARIABLE], stored.tenant, stored.id)
        Database(self.client).put(Put(key, from_stored(stored), ALWAYS))

    def damage(self, generation: int = 0) -> None:
        """Falsify a figure."""
        work = self.tables.names[WORK_TABLE_VARIABLE]
        key = keys.figures(work, self.tenant, (generation, 0), "DAYS#2026-11-01")
        Database(self.client).write_all([Add(key, {Name.CREATED: 5}, label={"subject": "2026-11-01"})])


@pytest.fixture(scope="module")
def tables(ministack: Emulator) -> DynamoDBTables:
    """Tables of many tenants, and not of all other tests: each recount reads all of them."""
    return create_tables(ministack, account=str(10**11 + secrets.randbelow(9 * 10**11)))


@pytest.fixture
def hub(tables: DynamoDBTables) -> Hub:
    """A fresh tenant over these tables."""
    return Hub(tables)


def lived(hub: Hub) -> list[Record]:
    """Two customers and what became of them: records of five writes, a merge among them."""
    for call in (ANN, BOB, BOTH, {**ANN, "source": "shopify"}):
        assert hub.till.manage(call).status == 200
    return hub.records()


def after(stored: StoredCustomer, kind: str) -> StoredCustomer | None:
    """The customer as an erasure or an unmerge leaves it; None where that cannot happen."""
    version = stored.version + 1
    if kind == "erase" and not isinstance(stored, Erased):
        return Erased(stored.tenant, stored.id, version, NOW, ErasureId(stored.id))
    if kind == "unmerge" and isinstance(stored, Alias):
        at = stored.created_at
        return Customer(stored.tenant, stored.id, "chatbot", "chatbot", at, at, version, account_sources=("chatbot",))
    return None


def test_any_history_in_any_order_ends_at_the_recount(tables: DynamoDBTables) -> None:
    """Invariant 3: records late, twice, in any order and in any batches, of creations, updates, merges, unmerges and
    erasures."""

    @settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.lists(CALLS, min_size=3, max_size=12), st.lists(st.sampled_from(["erase", "unmerge"])), st.data())
    def check(calls: list[dict[str, Any]], endings: list[str], data: st.DataObject) -> None:
        hub = Hub(tables)
        for call in calls:
            hub.till.manage(call)
        for kind in endings:
            possible = [changed for stored in hub.everybody() if (changed := after(stored, kind))]
            if possible:
                hub.put(data.draw(st.sampled_from(possible)))
        if records := hub.records():
            deliver(hub, records, data)
        assert hub.verify() == Verification(len(hub.everybody()), {})
        live = sum(isinstance(stored, Customer) for stored in hub.everybody())
        assert hub.till.analytics("quality").body["totalCustomers"] == live

    check()


def deliver(hub: Hub, records: list[Record], data: st.DataObject) -> None:
    """Each at least once, in batches of any size."""
    again = data.draw(st.lists(st.sampled_from(records), max_size=len(records)))
    pending = data.draw(st.permutations([*records, *again]))
    while pending:
        size = data.draw(st.integers(1, len(pending)))
        assert hub.follow(pending[:size]) == []
        pending = pending[size:]


def test_what_was_followed_is_what_the_recount_counts(hub: Hub) -> None:
    """Or the test above would hold of figures that are always empty."""
    hub.follow(lived(hub))
    shown = hub.till.analytics("sources").body
    assert shown["sources"] == [
        {"accountSources": ["chatbot", "shopify", "webapp"], "customers": 1, "percentage": 100.0}
    ]
    merges = hub.till.analytics("merges").body
    assert (merges["total"], merges["mergedAccounts"], merges["mergePercentage"]) == (2, 1, 50.0)
    assert hub.till.analytics("quality").body["complete"] == {"customers": 1, "percentage": 100.0}


def test_more_customers_than_a_transaction_can_hold_are_counted_in_one_batch(hub: Hub) -> None:
    for number in range(45):
        hub.till.manage(email=f"a{number}@example.com", source=f"source{number}")
    assert hub.follow(hub.records()) == []
    assert hub.verify() == Verification(45, {})


def test_more_sources_than_a_key_has_room_for_are_a_set_like_any_other(hub: Hub) -> None:
    sources = tuple(f"{number:02d}".rjust(40, "s") for number in range(60))
    hub.till.manage(ANN)
    [ann] = hub.everybody()
    assert isinstance(ann, Customer)
    hub.put(replace(ann, version=2, account_sources=sources))
    assert hub.follow(hub.records()) == []
    assert hub.till.analytics("sources").body["sources"][0]["accountSources"] == sorted(sources)


def test_what_was_counted_of_a_temporary_account_is_forgotten_with_its_stub(hub: Hub) -> None:
    hub.till.manage(ANN)
    [ann] = hub.everybody()
    forgotten_at = NOW + timedelta(days=2)
    hub.put(Erased(ann.tenant, ann.id, 2, NOW, ErasureId("e"), forgotten_at))
    assert hub.follow(hub.records()) == []
    counted = Database(hub.client).get(keys.counted(hub.tables.names[WORK_TABLE_VARIABLE], hub.tenant, ann.id))
    assert counted
    assert counted[TTL_ATTRIBUTE] == forgotten_at.timestamp()


def test_racing_batches_count_everybody_once(hub: Hub) -> None:
    """Invariant 2: the same records at the same time."""
    for number in range(12):
        hub.till.manage(email=f"a{number}@example.com", source="webapp")
    records = hub.records()
    with ThreadPoolExecutor(6) as threads:
        assert [*threads.map(hub.follow, [records] * 6)] == [[]] * 6
    assert hub.verify() == Verification(12, {})


def test_every_failure_of_the_count_is_survived(tables: DynamoDBTables) -> None:
    """Invariant 2: nobody is counted twice or not at all, whatever fails where."""

    def arrange() -> Hub:
        hub = Hub(tables)
        hub.pending = lived(hub)
        hub.follow(hub.pending[:2])
        return hub

    def check(hub: Hub) -> None:
        counted = hub.verify()
        assert counted.seen == 2

    def check_done(hub: Hub) -> None:
        assert hub.verify() == Verification(2, {})

    def act(hub: Hub, client: Any) -> None:
        hub.follow(hub.pending, client)

    use_case = UseCase(arrange, act, lambda hub: hub.client, check, check_done)
    assert survive_every_failure("count customers", use_case) >= 9


def test_a_fault_of_the_moment_is_reported_with_all_that_is_to_be_repeated(hub: Hub) -> None:
    class Unreachable:
        def batch_get_item(self, **_: Any) -> Any:
            raise RetryLater("DynamoDB is away")

    records = lived(hub)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert hub.follow(records, Unreachable()) == numbers
    assert hub.follow(records) == []
    assert hub.verify() == Verification(2, {})


def test_a_record_that_cannot_be_read_fails_alone_and_without_a_word_of_its_content(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """Invariant 8."""
    bad, *good = lived(hub)
    image = {**bad["dynamodb"]["NewImage"], "version": {"S": "ann@example.com"}}
    poison = {**bad, "dynamodb": {**bad["dynamodb"], "NewImage": image}}
    assert hub.follow([poison, *good]) == [bad["dynamodb"]["SequenceNumber"]]
    assert hub.verify() == Verification(2, {})
    logged = str([vars(record) for record in caplog.records])
    assert bad["dynamodb"]["SequenceNumber"] in logged
    assert "ann@example.com" not in logged


def test_other_items_and_removals_are_passed_over(hub: Hub) -> None:
    lived(hub)
    hub.till.manage(email="eve@example.com")
    others = [record for record in hub.stream.read(hub.tenant) if record not in profiles([record])]
    assert others
    assert hub.follow([*others, removal(hub)]) == []
    assert hub.operator().statistics.read_counted(hub.tenant, []).counted == {}


def removal(hub: Hub) -> Record:
    key = keys.profile("customers", hub.tenant, hub.everybody()[0].id)
    address = {"PK": {"S": key.partition}, "SK": {"S": key.sort}}
    return {"eventName": "REMOVE", "dynamodb": {"Keys": address, "SequenceNumber": "1"}}


@dataclass
class Interrupted:
    """A client before whose call number `at` something else happens."""

    client: Any
    at: int
    then: Callable[[], object]
    calls: int = 0

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.client, operation)

        def call(**request: Any) -> Any:
            self.calls += 1
            if self.calls == self.at:
                self.then()
            return method(**request)

        return call


def interruptions(act: Callable[[Hub, Interrupted], object], then: Callable[[Hub], object], hubs: Iterator[Hub]) -> int:
    """Let `then` happen before each call that `act` makes, on a fresh hub each; the number of calls."""
    at = 0
    while True:
        at, hub = at + 1, next(hubs)
        client = Interrupted(hub.client, at, lambda hub=hub: then(hub))  # type: ignore[misc]
        act(hub, client)
        if client.calls < at:
            return at - 1
        assert hub.verify().differences == {}, f"before call {at}"


def hubs_with_records(tables: DynamoDBTables) -> Iterator[Hub]:
    """Tenants with two customers counted, then merged, and a third one; the last two calls are not counted yet."""
    while True:
        hub = Hub(tables)
        hub.till.manage(ANN)
        hub.till.manage(BOB)
        hub.follow(hub.records())
        hub.till.manage(BOTH)
        hub.till.manage(email="eve@example.com", source="webapp")
        hub.pending = hub.records()
        yield hub


def test_customers_who_change_during_a_rebuild_are_counted_once(tables: DynamoDBTables) -> None:
    """Invariant 2: between any two calls of the rebuild somebody comes, somebody changes, and all of it is counted."""

    def batch(hub: Hub) -> None:
        hub.till.manage(email="fay@example.com", source="webapp")
        hub.till.manage(email="eve@example.com", source="chatbot")
        assert hub.follow([*hub.pending, *hub.records()]) == []

    hubs = hubs_with_records(tables)
    assert interruptions(lambda hub, client: hub.rebuild(client), batch, hubs) > 12


def test_a_batch_that_a_rebuild_overtakes_counts_nobody_twice(tables: DynamoDBTables) -> None:
    """Invariant 2: a whole rebuild between any two calls of a batch, which then knows of the old generation only."""

    def act(hub: Hub, client: Interrupted) -> None:
        assert hub.follow(hub.pending, client) == []

    hubs = hubs_with_records(tables)
    assert interruptions(act, lambda hub: hub.rebuild(), hubs) == 2


def test_a_rebuild_heals_what_was_damaged(hub: Hub) -> None:
    hub.follow(lived(hub))
    hub.damage()
    broken = Figure(Group.DAYS, "2026-11-01", Name.CREATED)
    assert hub.verify().differences == {broken: (5, 0)}
    assert hub.rebuild() == Rebuilt(seen=2, customers_corrected=0, figures_corrected=1)
    assert hub.verify().differences == {}
    hub.damage(generation=1)
    assert hub.rebuild().figures_corrected == 1
    assert hub.verify().differences == {}


def test_a_rebuild_counts_what_the_stream_never_told(hub: Hub) -> None:
    lived(hub)
    assert hub.rebuild() == Rebuilt(seen=2, customers_corrected=2, figures_corrected=4)
    assert hub.verify().differences == {}
    assert hub.rebuild() == Rebuilt(seen=2, customers_corrected=0, figures_corrected=0)


def test_while_it_is_rebuilt_the_old_figures_are_shown(hub: Hub) -> None:
    hub.follow(lived(hub))
    before = hub.till.analytics("sources").body
    shown: list[Any] = []

    def look() -> None:
        shown.append(hub.till.analytics("sources").body)

    for at in range(1, 12):
        hub.rebuild(Interrupted(hub.client, at, look))
    assert len(shown) == 11
    assert all(body == before for body in shown)


def test_every_failure_of_a_rebuild_is_survived(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 2: a rebuild that was interrupted is carried on."""

    def arrange() -> Hub:
        hub = Hub(fresh_tables())
        hub.follow(lived(hub))
        hub.damage()
        return hub

    def act(hub: Hub, client: Any) -> None:
        try:
            hub.rebuild(client)
        except RetryLater:  # the operator reads why, and tries again
            return

    def check(hub: Hub) -> None:
        assert len(hub.verify().differences) <= 1

    def check_done(hub: Hub) -> None:
        assert hub.verify().differences == {}

    use_case = UseCase(arrange, act, lambda hub: hub.client, check, check_done)
    assert survive_every_failure("rebuild statistics", use_case) >= 50
