"""Stages over the tables."""

import pytest

from customerhub.domain.caller import Scope
from customerhub.domain.job import JobKind
from infra.local.tables import DynamoDBTables
from tests.support.club import Club, connect, jobs_in
from tests.support.till import Till, fresh_tenant, service


@pytest.fixture
def club(till: Till, dynamodb_tables: DynamoDBTables) -> Club:
    """The club of a fresh tenant with two shops."""
    connect(dynamodb_tables, till.tenant.id)
    return Club(till)


def test_a_stage_is_made_read_and_listed_by_rank(club: Club) -> None:
    rule = {"currency": "usd", "minSpend": "500", "minOrder": 120.5, "minOrders": 3, "withinMonths": 12}
    silver = club.make_stage("Silver", 12.5, durationMonths=12, rank=7, qualification=rule)
    assert silver.status == 201
    stage = silver.body["stage"]
    assert (stage["discountPercent"], stage["durationMonths"], stage["rank"], stage["archived"]) == (12.5, 12, 7, False)
    assert stage["qualification"] == {
        "currency": "USD",
        "minOrder": "120.50",
        "minSpend": "500.00",
        "minOrders": 3,
        "withinMonths": 12,
    }
    gold = club.make_stage("Gold", "33.33").body["stage"]
    assert (gold["rank"], gold["discountPercent"], gold["durationMonths"]) == (8, 33.33, None)
    bronze = club.make_stage("Bronze", 5, rank=1).body["stage"]
    assert [one["name"] for one in club.stages()] == ["Bronze", "Silver", "Gold"]
    read = club.till.call("GET /api/stages/{stageId}", path={"stageId": bronze["id"]})
    assert read.body["stage"] == bronze
    elsewhere = service(fresh_tenant())
    call = club.till.call("GET /api/stages/{stageId}", path={"stageId": bronze["id"]}, caller=elsewhere)
    assert call.status == 404


def test_a_name_is_borne_once_whatever_the_case(club: Club) -> None:
    bronze, silver = club.stage("Bronze"), club.stage("Silver")
    taken = club.make_stage("  bRONZE ", 10)
    assert (taken.status, taken.body["code"], taken.body["field"]) == (409, "name_taken", "name")
    assert club.patch_stage(silver, name="BRONZE").body["code"] == "name_taken"
    assert club.patch_stage(bronze, name="BRONZE").status == 200
    assert club.patch_stage(bronze, name="Copper").status == 200
    assert club.make_stage("Bronze").status == 201


def test_the_shops_are_owed_what_they_offer_and_nothing_else(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    """Invariants 2 and 4."""

    def versions() -> list[int]:
        return sorted(job.version for job in jobs_in(dynamodb_tables, club.till.tenant.id, JobKind.SYNC_STAGE))

    stage = club.stage("Bronze", 10)
    assert versions() == [1, 1]
    assert club.patch_stage(stage, discountPercent=15).status == 200
    assert versions() == [2, 2]
    assert club.patch_stage(stage, name="Copper").status == 200
    assert versions() == [3, 3]
    unheard = {"rank": 9, "durationMonths": 6, "qualification": {"minOrders": 2}}
    assert club.patch_stage(stage, **unheard).status == 200
    before = club.stages()
    assert club.patch_stage(stage, name="Copper", discountPercent=15, **unheard).status == 200
    assert club.stages() == before
    assert versions() == [3, 3]
    cleared = club.patch_stage(stage, durationMonths=None, qualification=None).body["stage"]
    assert (cleared["durationMonths"], cleared["qualification"]) == (None, None)
    assert club.archive(stage).status == 200
    assert versions() == [4, 4]
    assert club.archive(stage).status == 200
    assert versions() == [4, 4]


def test_a_stage_with_members_is_not_archived(club: Club) -> None:
    bronze, silver = club.stage("Bronze"), club.stage("Silver")
    first = club.enrolled(bronze, email="ann@example.com")
    refused = club.archive(bronze)
    assert (refused.status, refused.body["code"]) == (409, "stage_in_use")
    club.move(first["id"], silver)
    assert club.archive(bronze).body["stage"]["archived"]
    assert [one["name"] for one in club.stages()] == ["Silver"]
    assert [one["name"] for one in club.stages(archived="true")] == ["Bronze", "Silver"]
    entered = club.enroll(bronze, email="bob@example.com")
    assert (entered.status, entered.body["code"], entered.body["field"]) == (422, "stage_archived", "stageId")
    assert club.move(club.enrollments().body["enrollments"][0]["id"], bronze).body["code"] == "stage_archived"
    assert club.patch_stage(bronze, name="Other").body["code"] == "stage_archived"
    assert club.make_stage("bronze").status == 201


def test_scopes_and_tenants_are_kept_apart(club: Club) -> None:
    """Invariant 7."""
    stage = club.stage()
    reader = service(club.till.tenant, scopes=frozenset({Scope.CLUB_READ, Scope.CLUB_ENROLL}))
    path = {"stageId": stage}
    assert club.till.call("GET /api/stages", caller=reader).status == 200
    assert club.till.call("POST /api/stages", body='{"name": "X", "discountPercent": 5}', caller=reader).status == 403
    patch = "PATCH /api/stages/{stageId}"
    assert club.till.call(patch, path=path, body='{"rank": 5}', caller=reader).status == 403
    assert club.till.call("DELETE /api/stages/{stageId}", path=path, caller=reader).status == 403
    elsewhere = service(fresh_tenant())
    assert club.till.call(patch, path=path, body='{"rank": 5}', caller=elsewhere).status == 404
    assert club.till.call("GET /api/stages", caller=elsewhere).body == {"stages": []}
