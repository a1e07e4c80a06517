"""Webhook subscriptions."""

from typing import Any

from infra.local.partners.shopify.gids import gid, number_of
from infra.local.partners.shopify.model import (
    CONNECTION_ARGUMENTS,
    Arguments,
    Execution,
    Fields,
    Inputs,
    connection,
    constant,
    counted,
    mutation,
    parts,
    payload,
    read,
    shown,
)
from infra.local.partners.shopify.paging import Page, whole
from infra.local.partners.shopify.records import Subscription
from infra.local.partners.shopify.refusals import NotModelled, Problem, Refused
from infra.local.partners.shopify.schema import API_VERSION
from infra.local.partners.shopify.shop import Shop
from infra.local.partners.shopify.subscriptions import change_subscription, create_subscription


def _list(execution: Execution, _source: Any, arguments: Arguments) -> Page:
    topics, uri = arguments.get("topics"), arguments.get("uri") or arguments.get("callbackUrl")
    if arguments.get("format") == "XML":
        raise NotModelled("webhooks in XML")
    found = [
        one
        for one in execution.shop.subscriptions.live.values()
        if (not topics or one.topic in topics) and (not uri or one.uri == uri)
    ]
    return whole(found, arguments, lambda subscription: subscription.number)


def _known(shop: Shop, arguments: Arguments) -> Subscription:
    found = shop.subscriptions.get(number_of(arguments["id"]))
    if found is None:
        raise Refused(Problem(("id",), "Webhook subscription does not exist", "NOT_FOUND"))
    return found


def _create(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    return {"webhookSubscription": create_subscription(shop, arguments["topic"], arguments["webhookSubscription"])}


def _update(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    known = _known(shop, arguments)
    return {"webhookSubscription": change_subscription(shop, known, arguments["webhookSubscription"])}


def _delete(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    shop.subscriptions.remove(_known(shop, arguments).number)
    return {"deletedWebhookSubscriptionId": arguments["id"]}


FIELDS: Fields = {
    "WebhookSubscription": {
        "id": read(lambda subscription: gid("WebhookSubscription", subscription.number)),
        "legacyResourceId": read(lambda subscription: subscription.number),
        "topic": read(lambda subscription: subscription.topic),
        "uri": read(lambda subscription: subscription.uri),
        "callbackUrl": read(lambda subscription: subscription.uri),
        "format": constant("JSON"),
        "filter": constant(None),
        "includeFields": read(lambda subscription: list(subscription.include_fields)),
        "metafieldNamespaces": constant([]),
        "name": read(lambda subscription: subscription.name),
        "apiVersion": constant({"handle": API_VERSION, "displayName": API_VERSION, "supported": True}),
        "createdAt": read(lambda subscription: subscription.created_at),
        "updatedAt": read(lambda subscription: subscription.updated_at),
    },
    "ApiVersion": parts("handle", "displayName", "supported"),
    **connection("WebhookSubscription"),
    **payload("WebhookSubscriptionCreatePayload", "webhookSubscription"),
    **payload("WebhookSubscriptionUpdatePayload", "webhookSubscription"),
    **payload("WebhookSubscriptionDeletePayload", "deletedWebhookSubscriptionId"),
}
QUERIES = {
    "webhookSubscription": shown(
        lambda execution, _, told: execution.shop.subscriptions.get(number_of(told["id"])), "id"
    ),
    "webhookSubscriptions": shown(_list, *CONNECTION_ARGUMENTS, "topics", "uri", "callbackUrl", "format", "sortKey"),
    "webhookSubscriptionsCount": shown(
        lambda execution, _source, _arguments: counted(len(execution.shop.subscriptions.live), is_all=True), "limit"
    ),
}
MUTATIONS = {
    "webhookSubscriptionCreate": mutation(_create, "topic", "webhookSubscription"),
    "webhookSubscriptionUpdate": mutation(_update, "id", "webhookSubscription"),
    "webhookSubscriptionDelete": mutation(_delete, "id"),
}
INPUTS: Inputs = {
    "WebhookSubscriptionInput": frozenset({"callbackUrl", "format", "includeFields", "name", "uri"}),
}
