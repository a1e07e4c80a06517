"""Consent to marketing: the record with the latest date wins."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from infra.local.partners.shopify.records import Consent, Customer
from infra.local.partners.shopify.refusals import Problem, Refused

SETTABLE = frozenset({"SUBSCRIBED", "UNSUBSCRIBED", "PENDING"})


def email_consent(customer: Customer, told: Mapping[str, Any], now: datetime) -> Customer:
    """Set the consent to e-mail. Raises `Refused`."""
    if customer.email is None:
        raise Refused(Problem(("emailMarketingConsent",), "An email address is required to set the consent"))
    return replace(customer, email_consent=_read(customer.email_consent, told, "emailMarketingConsent", now))


def sms_consent(customer: Customer, told: Mapping[str, Any], now: datetime) -> Customer:
    """Set the consent to text messages. Raises `Refused`."""
    if customer.phone is None:
        raise Refused(Problem(("smsMarketingConsent",), "A phone number is required to set the SMS consent state."))
    return replace(customer, sms_consent=_read(customer.sms_consent, told, "smsMarketingConsent", now))


def _read(known: Consent, told: Mapping[str, Any], field: str, now: datetime) -> Consent:
    state, at = told["marketingState"], told.get("consentUpdatedAt") or now
    if state not in SETTABLE:
        raise Refused(Problem((field, "marketingState"), f"Cannot specify {state} as a marketing state input"))
    if at > now:
        raise Refused(Problem((field, "consentUpdatedAt"), "consentUpdatedAt must not be in the future"))
    if known.updated_at is not None and at < known.updated_at:
        return known
    return Consent(state, told.get("marketingOptInLevel") or "SINGLE_OPT_IN", at)
