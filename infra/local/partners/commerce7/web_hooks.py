"""Web hooks and their log (developer.commerce7.com/docs/webhooks, dev-center-docs.commerce7.com; July 2026)."""

from infra.local.partners.commerce7.filters import flag, moment, text
from infra.local.partners.commerce7.listing import Column, Listing
from infra.local.partners.commerce7.payloads import NewWebHook, WebHookChange
from infra.local.partners.commerce7.shop import Shop
from infra.local.partners.commerce7.table import Row
from infra.local.partners.commerce7.wire import ApiRequest, Reply, checked, invalid, not_found

HOOKS = Listing(key="webHooks", show=dict)
LOGS = Listing(
    key="webHookLogs",
    show=dict,
    columns={
        "object": Column(lambda row: row["object"], text),
        "action": Column(lambda row: row["action"], text),
        "isSuccess": Column(lambda row: row["isSuccess"], flag),
        "updatedAt": Column(lambda row: row["updatedAt"], moment),
    },
)


class WebHooks:
    """Endpoints of `/web-hook` and `/web-hook-log`."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def list_hooks(self, request: ApiRequest) -> Reply:
        """`GET /web-hook`."""
        return Reply(200, HOOKS.answer(self._shop.records.web_hooks, request))

    def get_hook(self, request: ApiRequest) -> Reply:
        """`GET /web-hook/{id}`."""
        return Reply(200, self._known(request))

    def post_hook(self, request: ApiRequest) -> Reply:
        """`POST /web-hook`. Two hooks may be alike, and then both are sent."""
        hook = self._shop.stamped(checked(NewWebHook, request.body).given())
        self._shop.records.web_hooks.put(hook)
        return Reply(201, hook)

    def put_hook(self, request: ApiRequest) -> Reply:
        """`PUT /web-hook/{id}`."""
        hook = self._known(request)
        changes = checked(WebHookChange, request.body).given()
        if missing := [name for name, value in changes.items() if value is None]:
            raise invalid(*((name, "required") for name in missing))
        self._shop.touch(hook, changes)
        return Reply(200, hook)

    def delete_hook(self, request: ApiRequest) -> Reply:
        """`DELETE /web-hook/{id}`."""
        hook = self._known(request)
        self._shop.records.web_hooks.remove(hook["id"])
        self._shop.records.failing_since.pop(hook["id"], None)
        return Reply(204, None)

    def list_logs(self, request: ApiRequest) -> Reply:
        """`GET /web-hook-log`."""
        return Reply(200, LOGS.answer(self._shop.records.web_hook_logs, request))

    def _known(self, request: ApiRequest) -> Row:
        hook = self._shop.records.web_hooks.get(request.names["id"])
        if hook is None:
            raise not_found()
        return hook
