"""What somebody states to connect a shop or CRM: account, address, credentials; checked. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from customerhub.domain.credentials import LOOPBACK_HOSTS
from customerhub.domain.integration import Intake, Platform
from customerhub.errors import InvalidInput

MAX_CREDENTIAL = 4096
_EVENT_SOURCE = re.compile(
    r"arn:aws:events:[a-z]{2}(-[a-z]+)+-[0-9]::event-source/aws\.partner/shopify\.com(\.test)?/[0-9]{1,20}/[\w.-]{1,100}"
)
"""As Shopify and EventBridge name it: the app's number, and the name that the app's owner chose."""


@dataclass(frozen=True)
class _Rules:
    """Of one platform. `credentials` is how an operator spells each credential and how it is stored; of `ways`, sets of
    stored names, one has to be there whole, and a part of a pair of `together` is never there alone."""

    account: re.Pattern[str]
    account_hint: str
    credentials: Mapping[str, str]
    ways: tuple[tuple[str, ...], ...]
    together: tuple[tuple[str, ...], ...] = ()


_RULES = {
    Platform.SHOPIFY: _Rules(
        re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com"),
        "the shop's own domain, such as example.myshopify.com",
        {
            "accessToken": "access_token",
            "clientId": "client_id",
            "clientSecret": "client_secret",
            "refreshToken": "refresh_token",
            "expiresAt": "expires_at",
            "webhookSecret": "webhook_secret",
            "previousWebhookSecret": "previous_webhook_secret",
        },
        (("access_token",), ("client_id", "client_secret")),
        (("client_id", "client_secret"),),
    ),
    Platform.COMMERCE7: _Rules(
        re.compile(r"[a-z0-9][a-z0-9-]{0,62}"),
        "the tenant's id: what stands before .admin.platform.commerce7.com",
        {
            "appId": "app_id",
            "appSecret": "app_secret",
            "webhookSecret": "webhook_secret",
            "webhookUser": "webhook_user",
            "webhookPassword": "webhook_password",
            "currency": "currency",
        },
        (("app_id", "app_secret"),),
        (("webhook_user", "webhook_password"),),
    ),
}


def check_account(platform: Platform, text: str) -> str:
    """What the platform knows the merchant by, in lower case. Raises InvalidInput."""
    account, rules = text.strip().lower(), _RULES[platform]
    if not rules.account.fullmatch(account):
        raise InvalidInput(rules.account_hint, field="account")
    return account


def check_endpoint(text: str | None) -> str | None:
    """A base URL by https, on this machine by http, without a slash at its end. Raises InvalidInput."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port_is_good = parts.port != 0
    except ValueError as error:
        raise InvalidInput("no URL", field="endpoint") from error
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    is_base = not (parts.query or parts.fragment or parts.username or parts.password)
    if not (is_safe and is_base and parts.hostname and port_is_good):
        raise InvalidInput(
            "a base URL by https, or by http on this machine; without user, query and fragment", field="endpoint"
        )
    return text.rstrip("/")


def check_intake(platform: Platform, intake: Intake, event_source: str | None) -> str | None:
    """The ARN of the event source, where webhooks come that way. Raises InvalidInput."""
    if intake is Intake.HTTPS:
        if event_source:
            raise InvalidInput("goes with the intake eventbridge only", field="eventSource")
        return None
    if platform is not Platform.SHOPIFY:
        raise InvalidInput(f"{platform} sends its webhooks by https only", field="intake")
    if not event_source or not _EVENT_SOURCE.fullmatch(event_source):
        raise InvalidInput(
            "the ARN of Shopify's event source: arn:aws:events:<region>::event-source/aws.partner/shopify.com/…",
            field="eventSource",
        )
    return event_source


def check_credentials(platform: Platform, stated: Any) -> Mapping[str, str]:
    """The credentials as they are stored. Raises InvalidInput naming a field, never a value."""
    rules = _RULES[platform]
    if not isinstance(stated, dict):
        raise InvalidInput("an object", field="credentials")
    for name in sorted(map(str, stated.keys() - rules.credentials.keys())):
        has = ", ".join(rules.credentials)
        raise InvalidInput(f"{platform} has no such credential; it has {has}", field=_plain(name))
    found = {rules.credentials[name]: _text(name, value) for name, value in stated.items() if value is not None}
    spelled = {stored: name for name, stored in rules.credentials.items()}
    if not any(found.keys() >= set(way) for way in rules.ways):
        ways = " or ".join(" and ".join(spelled[part] for part in way) for way in rules.ways)
        raise InvalidInput(f"{ways}: needed", field="credentials")
    for pair in rules.together:
        _require_all_or_none(pair, found, spelled)
    if platform is Platform.SHOPIFY:
        _check_shopify(found)
    return found


def _require_all_or_none(names: tuple[str, ...], found: Mapping[str, str], spelled: Mapping[str, str]) -> None:
    there = [name for name in names if name in found]
    for name in names:
        if there and name not in there:
            raise InvalidInput(f"needed beside {spelled[there[0]]}", field=spelled[name])


def _check_shopify(found: Mapping[str, str]) -> None:
    """A token that expires needs what renews it, and its moment; and webhooks are signed with one secret or another."""
    if "refresh_token" in found:
        for name, stored in (("accessToken", "access_token"), ("expiresAt", "expires_at"), ("clientId", "client_id")):
            if stored not in found:
                raise InvalidInput("needed beside refreshToken", field=name)
    if "expires_at" in found:
        _check_moment(found["expires_at"])
    if "webhook_secret" not in found and "client_secret" not in found:
        raise InvalidInput("needed where there is no clientSecret: webhooks are signed with it", field="webhookSecret")


def _check_moment(text: str) -> None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput("a time with offset, such as 2027-01-31T00:00:00+00:00", field="expiresAt")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_CREDENTIAL or not value.isprintable():
        raise InvalidInput("a text", field=name)
    return value.strip()


def _plain(name: str) -> str:
    """A name that somebody typed may hold a secret in the wrong place."""
    return name if re.fullmatch(r"[A-Za-z_]{1,30}", name) else "credentials"
