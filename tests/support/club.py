"""The club's routes over a till, and what the tables hold of them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE, WORK_TABLE_VARIABLE
from customerhub.domain.caller import Caller
from customerhub.domain.enrollment import Enrollment
from customerhub.domain.ids import CustomerId, IntegrationId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.job import Job, JobKind
from customerhub.store.attributes import plain
from customerhub.store.enrollments import to_enrollment
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.job_items import to_job
from customerhub.store.table import Database, Item
from infra.local.tables import DynamoDBTables
from tests.support.till import Reply, Till

SHOPS = (Platform.COMMERCE7, Platform.SHOPIFY)


@dataclass(frozen=True)
class Club:
    """Calls about stages, enrollments and orders."""

    till: Till

    def make_stage(self, name: str = "Bronze", percent: Any = 10, **fields: Any) -> Reply:
        """`POST /api/stages`."""
        return self._post("/api/stages", {"name": name, "discountPercent": percent, **fields})

    def stage(self, name: str = "Bronze", percent: Any = 10, **fields: Any) -> str:
        """A new stage's id."""
        reply = self.make_stage(name, percent, **fields)
        assert reply.status == 201, reply
        return str(reply.body["stage"]["id"])

    def patch_stage(self, stage: str, **fields: Any) -> Reply:
        """`PATCH /api/stages/{stageId}`."""
        return self.till.call("PATCH /api/stages/{stageId}", path={"stageId": stage}, body=json.dumps(fields))

    def archive(self, stage: str) -> Reply:
        """`DELETE /api/stages/{stageId}`."""
        return self.till.call("DELETE /api/stages/{stageId}", path={"stageId": stage})

    def stages(self, **query: Any) -> list[dict[str, Any]]:
        """`GET /api/stages`."""
        stages: list[dict[str, Any]] = self.till.call("GET /api/stages", query=query).body["stages"]
        return stages

    def enroll(self, stage: str, *, caller: Caller | None = None, key: str | None = None, **person: Any) -> Reply:
        """`POST /api/enrollments`."""
        body = json.dumps({"stageId": stage, **person})
        return self.till.call("POST /api/enrollments", body=body, caller=caller, key=key)

    def enrolled(self, stage: str, **person: Any) -> dict[str, Any]:
        """A new enrollment."""
        reply = self.enroll(stage, **person)
        assert reply.status == 201, reply
        enrollment: dict[str, Any] = reply.body["enrollment"]
        return enrollment

    def bulk(self, stage: str, customers: list[str], **fields: Any) -> Reply:
        """`POST /api/enrollments/bulk`."""
        return self._post("/api/enrollments/bulk", {"stageId": stage, "customerIds": customers, **fields})

    def enrollment(self, enrollment: str) -> Reply:
        """`GET /api/enrollments/{enrollmentId}`."""
        return self.till.call("GET /api/enrollments/{enrollmentId}", path={"enrollmentId": enrollment})

    def enrollments(self, **query: Any) -> Reply:
        """`GET /api/enrollments`."""
        return self.till.call("GET /api/enrollments", query=query)

    def move(self, enrollment: str, stage: str) -> Reply:
        """`POST /api/enrollments/{enrollmentId}/move`."""
        return self._about(enrollment, "move", {"stageId": stage})

    def cancel(self, enrollment: str, **fields: Any) -> Reply:
        """`POST /api/enrollments/{enrollmentId}/cancel`."""
        return self._about(enrollment, "cancel", fields)

    def order(self, order_id: str = "1", amount: Any = "100.00", **fields: Any) -> Reply:
        """`POST /api/orders`, of a paid one in dollars, placed now."""
        order = {
            "externalId": order_id,
            "source": "till",
            "total": {"amount": amount, "currency": fields.pop("currency", "USD")},
            "placedAt": datetime.now(UTC).isoformat(),
            "paid": True,
        }
        return self._post("/api/orders", order | fields)

    def _about(self, enrollment: str, action: str, fields: dict[str, Any]) -> Reply:
        route = f"POST /api/enrollments/{{enrollmentId}}/{action}"
        return self.till.call(route, path={"enrollmentId": enrollment}, body=json.dumps(fields))

    def _post(self, path: str, fields: dict[str, Any]) -> Reply:
        return self.till.call(f"POST {path}", body=json.dumps(fields))


def connect(tables: DynamoDBTables, tenant: TenantId, *platforms: Platform) -> None:
    """Shops of a tenant; nothing is behind them."""
    store = DynamoIntegrationStore(Database(tables.client()), tables.names[WORK_TABLE_VARIABLE])
    for platform in platforms or SHOPS:
        integration = IntegrationId(platform.value)
        store.put_integration(Integration(tenant, integration, platform, "shop.example.com", datetime.now(UTC)))


def enrollments_in(tables: DynamoDBTables, tenant: TenantId) -> list[Enrollment]:
    """Every enrollment of a tenant."""
    return [
        to_enrollment(item, CustomerId(item["PK"].rpartition("#")[2]))
        for item in _items(tables, CUSTOMERS_TABLE_VARIABLE, f"T#{tenant}#C#", "ENROLL#")
    ]


def orders_in(tables: DynamoDBTables, tenant: TenantId) -> list[Item]:
    """Every order of a tenant."""
    return _items(tables, CUSTOMERS_TABLE_VARIABLE, f"T#{tenant}#C#", "ORDER#")


def jobs_in(tables: DynamoDBTables, tenant: TenantId, kind: JobKind | None = None) -> list[Job]:
    """Every job of a tenant, or of that kind."""
    jobs = map(to_job, _items(tables, WORK_TABLE_VARIABLE, f"T#{tenant}#JOB#", "JOB"))
    return [job for job in jobs if kind in (None, job.kind)]


def _items(tables: DynamoDBTables, table: str, partition: str, sort: str) -> list[Item]:
    pages = (
        tables.client()
        .get_paginator("scan")
        .paginate(
            TableName=tables.names[table],
            ConsistentRead=True,
            FilterExpression="begins_with(PK, :p) AND begins_with(SK, :s)",
            ExpressionAttributeValues={":p": {"S": partition}, ":s": {"S": sort}},
        )
    )
    return [{name: plain(item[name]) for name in item} for page in pages for item in page["Items"]]
