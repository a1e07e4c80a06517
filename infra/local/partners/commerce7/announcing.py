"""Commerce7's webhooks: who is told what, the log of it, and the end of those that fail for too long.

No signature, no time stamp, no id of the delivery (developer.commerce7.com/docs/webhooks, July 2026). When a failed
delivery is tried again is not documented; that a hook is disabled after 48 hours of failures is.
"""

import base64
import json
from typing import Any

from infra.local.partners.clock import iso_ms
from infra.local.partners.commerce7.shop import Shop, new_id
from infra.local.partners.commerce7.table import Row
from infra.local.partners.commerce7.wire import Json
from infra.local.partners.webhooks import Attempt, Delivery

RETRY_DELAYS_S = (60, 600, 3_600, 21_600, 43_200, 86_400)
DISABLED_AFTER_S = 48 * 3_600
KEPT_LOGS = 10_000


def announce(shop: Shop, kind: str, action: str, payload: Json, user: str | None) -> None:
    """Tell every hook for that object and action."""
    for hook in shop.records.web_hooks:
        if (hook["object"], hook["action"]) == (kind, action):
            shop.webhooks.send(_delivery(shop, hook, payload, user))


def _delivery(shop: Shop, hook: Row, payload: Json, user: str | None) -> Delivery:
    content = {
        "object": hook["object"],
        "action": hook["action"],
        "payload": payload,
        "user": user,
        "tenantId": shop.tenant,
        "webHookId": hook["id"],
    }
    return Delivery(
        url=hook["url"],
        headers={"content-type": "application/json", "user-agent": "Commerce7", **_basic(shop)},
        body=json.dumps(content).encode(),
        topic=f"{hook['object']}/{hook['action']}",
        subscription=hook["id"],
        reference=new_id(),
    )


def _basic(shop: Shop) -> dict[str, str]:
    credential = shop.settings.webhook_basic
    if credential is None:
        return {}
    written = base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()
    return {"authorization": f"Basic {written}"}


def log_attempt(shop: Shop, delivery: Delivery, attempt: Attempt) -> None:
    """Keep what came of a delivery, and disable its hook if it has failed for too long."""
    records = shop.records
    row = records.web_hook_logs.get(delivery.reference)
    if row is None:
        row = shop.stamped(_log(delivery)) | {"id": delivery.reference}
        records.web_hook_logs.put(row)
        _forget_oldest(shop)
    error = None if attempt.succeeded else _error(attempt)
    shop.touch(row, {"isSuccess": attempt.succeeded, "error": error})
    _watch(shop, delivery.subscription, succeeded=attempt.succeeded)


def _log(delivery: Delivery) -> Json:
    content: dict[str, Any] = json.loads(delivery.body)
    return {
        "url": delivery.url,
        # Without the blanks that hooks have.
        "object": content["object"].replace(" ", ""),
        "action": content["action"],
        "payload": content["payload"],
        "user": content["user"],
    }


def _error(attempt: Attempt) -> Json:
    return {"data": None, "status": attempt.status, "message": attempt.error or "Request failed"}


def _forget_oldest(shop: Shop) -> None:
    logs = shop.records.web_hook_logs
    if len(logs) > KEPT_LOGS:
        oldest = sorted(logs, key=lambda row: str(row["createdAt"]))[: KEPT_LOGS // 10]
        for row in oldest:
            logs.remove(row["id"])


def _watch(shop: Shop, hook_id: str, *, succeeded: bool) -> None:
    records, now_s = shop.records, shop.clock.time_s()
    if succeeded:
        records.failing_since.pop(hook_id, None)
        return
    since_s = records.failing_since.setdefault(hook_id, now_s)
    hook = records.web_hooks.get(hook_id)
    if hook and now_s - since_s >= DISABLED_AFTER_S:
        records.web_hooks.remove(hook_id)
        records.failing_since.pop(hook_id)
        records.disabled_web_hooks.append({**hook, "disabledAt": iso_ms(shop.clock.now())})
