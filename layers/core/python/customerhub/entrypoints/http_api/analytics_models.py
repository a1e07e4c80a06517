"""Bodies of the analytics."""

import datetime

from pydantic import Field

from customerhub.entrypoints.http_api.models import Body

PERCENTAGE = "In percent, with one decimal."


class ShareBody(Body):
    """So many customers, and which part of all they are."""

    customers: int = Field(examples=[3])
    percentage: float = Field(examples=[75.0], description=PERCENTAGE)


class SourceSetBody(ShareBody):
    """Customers who came by exactly these sources."""

    account_sources: list[str] = Field(examples=[["chatbot", "webapp"]], description="In alphabetical order.")


class SourcesResponse(Body):
    """Live customers by where they came from."""

    total_customers: int = Field(examples=[4])
    average_platforms: float = Field(examples=[1.75], description="Sources per customer, with two decimals.")
    sources: list[SourceSetBody] = Field(description="The most frequent set first; the percentages add up to 100.")


class AccountsBody(Body):
    """Accounts created, and those among them that were merged into another one since."""

    total: int = Field(examples=[4])
    merged_accounts: int = Field(examples=[1])
    merge_percentage: float = Field(examples=[25.0], description=PERCENTAGE)


class DayBody(AccountsBody):
    """Accounts created on one day, UTC."""

    date: datetime.date = Field(examples=["2026-11-21"])


class MergesResponse(AccountsBody):
    """Accounts created in the last 30 days, today included: of all days together, and of each."""

    days: list[DayBody] = Field(description="The oldest first; days without accounts are there, with zeros.")


class QualityResponse(Body):
    """Live customers by what is known to reach them; the percentages add up to 100."""

    total_customers: int = Field(examples=[4])
    complete: ShareBody = Field(description="With an e-mail and a phone.")
    email_only: ShareBody
    phone_only: ShareBody
    incomplete: ShareBody = Field(description="With neither.")
