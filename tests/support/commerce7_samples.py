"""Records in the shapes that Commerce7 documents (developer.commerce7.com, July 2026), with people who do not exist."""

import json
from typing import Any

Json = dict[str, Any]

TENANT = "example-winery"
CUSTOMER_ID = "0b0a8d3e-7a4d-4a26-9a6b-3f3f4a6ffb01"
ORDER_ID = "cf61d2ca-41d5-44f4-8e46-17ef90c83920"
BRONZE_TAG = "ba333a08-f72c-47f3-bee7-800ae3fe6453"


def customer(**changes: Any) -> Json:
    """A customer with every documented field, two e-mails, two phones and one tag."""
    tag = {
        "id": BRONZE_TAG,
        "title": "Customer Manual Tag",
        "objectType": "Customer",
        "type": "Manual",
        "appliesToCondition": None,
        "createdAt": "2020-03-23T20:59:32.525Z",
        "updatedAt": "2020-03-23T20:59:32.525Z",
    }
    return {
        "id": CUSTOMER_ID,
        "avatar": None,
        "honorific": None,
        "firstName": "Ann",
        "lastName": "Example",
        "birthDate": "1990-01-01",
        "city": "Napa",
        "stateCode": "CA",
        "zipCode": "94558",
        "countryCode": "US",
        "emailMarketingStatus": "Subscribed",
        "lastActivityDate": "2020-03-23T22:02:13.421Z",
        "facebookId": None,
        "metaData": {"shirt": "M"},
        "appData": None,
        "appSync": None,
        "flags": [{"id": "3d0c1d5f-93f5-4a5f-8fd6-5d60a4b14bd1", "content": "likes red"}],
        "notifications": [],
        "createdAt": "2018-05-22T18:57:01.420Z",
        "updatedAt": "2020-03-23T22:02:13.421Z",
        "orderInformation": {"orderCount": 2, "lifetimeValue": 10080},
        "emails": [
            {"id": "e0000000-0000-4000-8000-000000000001", "email": "Ann@Example.com", "status": "Ok"},
            {"id": "e0000000-0000-4000-8000-000000000002", "email": "ann@work.example.com", "status": "Bounced"},
        ],
        "phones": [
            {"id": "f0000000-0000-4000-8000-000000000001", "phone": "+17075550123"},
            {"id": "f0000000-0000-4000-8000-000000000002", "phone": "+17075550124"},
        ],
        "tags": [tag],
        "groups": [tag],
        "clubs": [],
        "products": [],
        "hasAccount": True,
        "loginActivity": None,
        **changes,
    }


def product(**changes: Any) -> Json:
    """A product with every documented field, in two sizes."""
    size: Json = {
        "title": "750ml",
        "upcCode": None,
        "volumeInML": 750,
        "costOfGood": 700,
        "comparePrice": None,
        "bottleDeposit": 0,
        "sortOrder": 1,
        "hasInventory": True,
        "inventoryPolicy": "Dont Sell",
        "hasShipping": True,
        "taxType": "Wine",
        "weight": 21,
        "inventory": [],
    }
    return {
        "id": "94d672d2-b9aa-4c2e-8c28-37fbc3a12f73",
        "title": "2014 Cabernet",
        "subTitle": "",
        "image": None,
        "type": "Wine",
        "departmentId": None,
        "vendorId": None,
        "teaser": None,
        "content": None,
        "webStatus": "Retired",
        "adminStatus": "Available",
        "slug": "2014-cabernet",
        "metaData": None,
        "productTemplateId": None,
        "createdAt": "2018-05-15T05:27:33.246Z",
        "updatedAt": "2019-09-11T15:48:23.011Z",
        "images": [],
        "bundleItems": [],
        "variants": [
            {**size, "id": "f43b751f-1124-472c-b94b-0ea8aebf011b", "sku": "2014-CS", "price": 4500},
            {**size, "id": "f43b751f-1124-472c-b94b-0ea8aebf011c", "sku": "", "price": None, "title": "Magnum"},
        ],
        "tenantIds": [],
        "collections": [],
        "seo": {"title": "2014 Cabernet", "description": None},
        "wine": {"type": "Red"},
        "security": {"availableTo": "Public"},
        "overrideOperatingRegions": {"isOverride": False},
        **changes,
    }


def order(**changes: Any) -> Json:
    """A paid order of 50.40 from the web."""
    place = {"id": "801a34ff-dc02-452f-b143-34522f12d714", "countryCode": "US", "phone": "+17075550199"}
    return {
        "id": ORDER_ID,
        "orderSubmittedDate": "2018-12-04T19:10:27.905Z",
        "orderPaidDate": "2018-12-04T19:10:28.143Z",
        "orderFulfilledDate": None,
        "orderNumber": 1248,
        "orderSource": "Internal",
        "purchaseType": "Regular",
        "previousOrderId": None,
        "previousOrderNumber": None,
        "linkedOrders": [],
        "paymentStatus": "Paid",
        "complianceStatus": "Not Checked",
        "fulfillmentStatus": "Not Fulfilled",
        "channel": "Web",
        "customerId": CUSTOMER_ID,
        "subTotal": 4500,
        "shipTotal": 0,
        "taxTotal": 540,
        "total": 5040,
        "totalAfterTip": 5040,
        "createdAt": "2018-12-02T18:45:17.895Z",
        "updatedAt": "2018-12-04T19:10:28.144Z",
        "coupons": [],
        "promotions": [],
        "shipTo": place,
        "billTo": place,
        "tenders": [],
        "items": [],
        "customer": {"id": CUSTOMER_ID, "firstName": "Ann", "acceptsMarketing": True, "emails": [{"email": "a@b.com"}]},
        "tags": [],
        **changes,
    }


def delivery(about: str, action: str, payload: Json, **changes: Any) -> bytes:
    """The body of a webhook."""
    told = {"object": about, "action": action, "payload": payload, "user": None, "tenantId": TENANT, **changes}
    return json.dumps(told).encode()
