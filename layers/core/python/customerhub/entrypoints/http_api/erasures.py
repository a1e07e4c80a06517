"""`DELETE /api/customers/{customerId}` and `GET /api/erasures/{erasureId}`: a person is forgotten, and the receipt."""

from pydantic import Field

from customerhub.app import PrivacyApp
from customerhub.domain.erasure import Erasure
from customerhub.domain.ids import ErasureId
from customerhub.entrypoints.http_api import privacy_examples as examples
from customerhub.entrypoints.http_api.customers import MAX_ID_CHARACTERS, path_customer_id
from customerhub.entrypoints.http_api.models import Body
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route
from customerhub.errors import NotFound
from customerhub.ports import RateVerdict
from customerhub.services.erase_customer import erase_customer
from customerhub.services.get_erasure import get_erasure


class ErasedStore(Body):
    """What was erased of one kind."""

    store: str
    items: int


class ErasedPlatform(Body):
    """A shop or CRM that knows the person. The hub cannot erase there; a person has to."""

    integration: str
    status: str = Field(
        description="`pending` until the discounts that the person had there by the hub are taken back, then `left`."
    )


class ErasureBody(Body):
    """The receipt. It holds nothing personal, and is kept."""

    id: str
    customer_id: str
    status: str = Field(description="`in_progress` for up to a minute where there is much to erase, then `completed`.")
    requested_at: str
    completed_at: str | None
    stores: list[ErasedStore] = Field(description="Empty until everything that is to go has been counted.")
    platforms: list[ErasedPlatform]


class ErasureResponse(Body):
    """One erasure."""

    erasure: ErasureBody


def erase_person(app: PrivacyApp, request: Request) -> Response:
    """Answer one call to erase."""
    customer_id = path_customer_id(request)

    def work(verdict: RateVerdict) -> Response:
        erasure = erase_customer(
            customer_id,
            request.caller,
            identities=app.identities,
            erasures=app.erasures,
            traces=app.traces,
            clock=app.clock,
            before_write=verdict.require,
        )
        return _response(erasure, 200 if erasure.completed_at else 202)

    return rated(app, request, f"id:{customer_id}", work)


def read_erasure(app: PrivacyApp, request: Request) -> Response:
    """Answer one call for a receipt."""
    erasure_id = ErasureId(request.path["erasureId"])
    if len(erasure_id) > MAX_ID_CHARACTERS:
        raise NotFound("there is no such erasure")

    def work(_: RateVerdict) -> Response:
        return _response(get_erasure(erasure_id, request.caller, erasures=app.erasures), 200)

    return rated(app, request, None, work)


def _response(erasure: Erasure, status: int) -> Response:
    completed_at, counts = erasure.completed_at, erasure.counts or {}
    fields = {
        "id": erasure.id,
        "customer_id": erasure.customers[0],
        "status": "completed" if completed_at else "in_progress",
        "requested_at": erasure.requested_at.isoformat(),
        "completed_at": completed_at.isoformat() if completed_at else None,
        "stores": [{"store": store, "items": items} for store, items in counts.items()],
        "platforms": [
            {"integration": platform, "status": "pending" if platform in erasure.remote else "left"}
            for platform in erasure.platforms
        ],
    }
    return Response(status, ErasureResponse(erasure=ErasureBody.model_validate(fields)).model_dump_json())


ERASE_CUSTOMER = Route(
    "DELETE",
    "/api/customers/{customerId}",
    erase_person,
    summary="Erase a person",
    description=(
        "Removes everything that is kept of the customer and of those who were merged into it. From the answer on "
        "nobody finds the person, and no path brings the person back but an own proof: a token of the identity "
        "provider's, or a one-time code. Repeating the call is harmless and answers the same. For service keys and "
        "staff with customers:erase; a user erases the own record only."
    ),
    path_parameters={"customerId": Parameter("A customer's id, also one from before a merge.")},
    answers={
        200: Documented("Everything is erased.", ErasureResponse, examples.ERASURES),
        202: Documented("Nobody finds the person any more; the rest is being erased.", ErasureResponse),
    },
    tag="Privacy",
)
GET_ERASURE = Route(
    "GET",
    "/api/erasures/{erasureId}",
    read_erasure,
    summary="Read the receipt of an erasure",
    description="What was erased, and when. For service keys and staff with customers:erase.",
    path_parameters={"erasureId": Parameter("The `id` that the erasure's answer gave.")},
    answers={200: Documented("The receipt.", ErasureResponse, examples.ERASURES)},
    tag="Privacy",
)
