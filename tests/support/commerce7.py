"""A Commerce7 double to call in tests: its API with the app's credential, and its control surface."""

from typing import Any

import httpx

from infra.local.partners.processes import Partner


class Commerce7Caller:
    """Calls one running double."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        credentials = partner.credentials
        self.http = httpx.Client(
            base_url=f"{partner.url}/v1",
            auth=(credentials["app_id"], credentials["app_secret"]),
            headers={"tenant": credentials["tenant"]},
            trust_env=False,
            timeout=10,
        )

    def call(self, method: str, path: str, json: Any = None, **options: Any) -> httpx.Response:
        """Call the API."""
        return self.http.request(method, path, json=json, **options)

    def ok(self, method: str, path: str, json: Any = None) -> Any:
        """Call the API, which must do what is asked; the JSON that it answers, None for none."""
        response = self.call(method, path, json)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call the control surface, which must do what is asked."""
        response = self.partner.control(method, path, json)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def state(self) -> Any:
        """`GET /_control/state`."""
        return self.control("GET", "state")

    def customer(self, email: str, **fields: Any) -> Any:
        """A new customer, made through the API."""
        return self.ok("POST", "/customer", {"emails": [{"email": email}], **fields})

    def tag(self, title: str) -> Any:
        """A new tag of customers."""
        return self.ok("POST", "/tag/customer", {"title": title, "type": "Manual"})

    def give(self, tag: Any, customer: Any) -> httpx.Response:
        """Give a tag."""
        return self.call("POST", "/tag-x-object/customer", {"objectId": customer["id"], "tagId": tag["id"]})

    def promotion(self, **fields: Any) -> Any:
        """A new promotion: 10 % off everything for everybody, but for `fields`."""
        return self.ok("POST", "/promotion", {**PROMOTION, **fields})


PROMOTION = {
    "title": "Bronze",
    "type": "Product",
    "status": "Enabled",
    "usageLimitType": "Unlimited",
    "appliesTo": "Store",
    "availableTo": "Everyone",
    "discountType": "Percentage Off",
    "discount": 1000,
    "cartRequirementType": "None",
    "startDate": "2020-10-07T23:55:00.000Z",
}
