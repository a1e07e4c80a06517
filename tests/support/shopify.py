"""A Shopify double to call in tests: its GraphQL API with the app's token, and its control surface."""

from collections.abc import Mapping
from typing import Any

import httpx

from infra.local.partners.processes import Partner

GRAPHQL = "/admin/api/2026-10/graphql.json"
TOKENS = "/admin/oauth/access_token"
Json = dict[str, Any]

CUSTOMER = "id firstName lastName email phone note tags createdAt updatedAt"
CUSTOMERS = f"""
query Customers($first: Int, $after: String, $last: Int, $before: String, $query: String, $reverse: Boolean,
                $sortKey: CustomerSortKeys) {{
  customers(first: $first, after: $after, last: $last, before: $before, query: $query, reverse: $reverse,
            sortKey: $sortKey) {{
    nodes {{ {CUSTOMER} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
  }}
}}
"""
SET = f"""
mutation Set($identifier: CustomerSetIdentifiers, $input: CustomerSetInput!) {{
  customerSet(identifier: $identifier, input: $input) {{
    customer {{ {CUSTOMER} addressesV2(first: 5) {{ nodes {{ id city }} }} }}
    userErrors {{ field message code }}
  }}
}}
"""


class ShopifyCaller:
    """Calls one running double."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        self.http = httpx.Client(base_url=partner.url, trust_env=False, timeout=30)
        self.token = partner.credentials["access_token"]

    def post(self, query: str, variables: Mapping[str, Any] | None = None) -> httpx.Response:
        """Ask, whatever comes of it."""
        return self.http.post(
            GRAPHQL, json={"query": query, "variables": variables}, headers={"X-Shopify-Access-Token": self.token}
        )

    def ask(self, document: str, /, **variables: Any) -> Json:
        """Ask; the whole body of the answer."""
        response = self.post(document, variables)
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body

    def data(self, document: str, /, **variables: Any) -> Any:
        """Ask what must be answered without errors; the one field of the data."""
        body = self.ask(document, **variables)
        assert "errors" not in body, body["errors"]
        (value,) = body["data"].values()
        return value

    def refused(self, document: str, /, **variables: Any) -> Json:
        """Ask what must be refused; the first error."""
        error: Json = self.ask(document, **variables)["errors"][0]
        return error

    def done(self, document: str, /, **variables: Any) -> Any:
        """A mutation that must succeed."""
        payload = self.data(document, **variables)
        assert payload["userErrors"] == []
        return payload

    def problems(self, document: str, /, **variables: Any) -> list[tuple[str | None, str]]:
        """A mutation that must be refused: the last part of each field's path, and the code or message."""
        payload = self.data(document, **variables)
        assert all(value is None for name, value in payload.items() if name != "userErrors")
        return [
            ((error["field"] or [None])[-1], error.get("code", error["message"])) for error in payload["userErrors"]
        ]

    def customers(self, **variables: Any) -> list[Json]:
        """A page of customers."""
        found: list[Json] = self.data(CUSTOMERS, **{"first": 50, **variables})["nodes"]
        return found

    def emails(self, query: str | None, **variables: Any) -> list[str]:
        """The e-mails of those that a search finds."""
        return [customer["email"] for customer in self.customers(query=query, **variables)]

    def set(self, told: Json, identifier: Json | None = None) -> Json:
        """`customerSet`, which must succeed."""
        customer: Json = self.done(SET, identifier=identifier, input=told)["customer"]
        return customer

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call the control surface, which must do what is asked."""
        response = self.partner.control(method, path, json)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def configure(self, **settings: Any) -> None:
        """`PUT /_control/settings`."""
        self.control("PUT", "settings", settings)

    def advance(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.control("PUT", "clock", {"advanceSeconds": seconds})

    def customer(self, email: str, **fields: Any) -> Json:
        """A new customer, made by the shop's staff."""
        customer: Json = self.control("POST", "customers", {"email": email, **fields})
        return customer
