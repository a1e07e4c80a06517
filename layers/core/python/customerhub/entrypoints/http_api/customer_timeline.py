"""`GET /api/customers/{customerId}/timeline`: what happened to a customer."""

from collections.abc import Mapping

from pydantic import Field, JsonValue

from customerhub.app import SearchApp
from customerhub.domain.caller import Caller, UserCaller
from customerhub.domain.events import Event
from customerhub.entrypoints.http_api import examples
from customerhub.entrypoints.http_api.customers import path_customer_id
from customerhub.entrypoints.http_api.models import Body
from customerhub.entrypoints.http_api.paging import PAGE_PARAMETERS, read_paging
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route
from customerhub.ports import RateVerdict
from customerhub.services.read_timeline import read_timeline

PATH = "/api/customers/{customerId}/timeline"
ABOUT_OTHERS = ("kept_apart",)
"""Fields that name other people."""


class ActorBody(Body):
    """Who did something."""

    kind: str = Field(description="`key`: a service key; `staff`; `user`: a person with an own token.")
    id: str | None = Field(description="The key's id or the token's subject; null for users, who read their own only.")


class TimelineEntry(Body):
    """One event."""

    id: str = Field(description="A ULID: sorts by time.")
    type: str = Field(description="In the past tense: `CustomerUpdated`.")
    at: str
    customer_id: str = Field(description="Whom it happened to: this customer, or one who was merged into it since.")
    by: ActorBody
    source: str
    request_id: str = Field(description="Under which the hub's logs know the request.")
    before: dict[str, JsonValue] = Field(description="The changed fields as stored; empty at a creation.")
    after: dict[str, JsonValue]


class TimelineResponse(Body):
    """A page of events; `nextCursor` is null on the last one."""

    events: list[TimelineEntry]
    next_cursor: str | None


def read_customer_timeline(app: SearchApp, request: Request) -> Response:
    """Answer one call."""
    customer_id, caller = path_customer_id(request), request.caller

    def work(_: RateVerdict) -> Response:
        paging = read_paging(request, PATH, customer_id)
        page = read_timeline(
            customer_id,
            caller,
            paging.after,
            paging.limit,
            identities=app.identities,
            timeline=app.timeline,
            ledger=app.ledger,
        )
        events = [_entry(event, caller) for event in page.items]
        return Response(200, TimelineResponse(events=events, next_cursor=paging.cursor(page.after)).model_dump_json())

    return rated(app, request, f"id:{customer_id}", work)


def _entry(event: Event, caller: Caller) -> TimelineEntry:
    circumstances = event.circumstances
    fields = {
        "id": event.id,
        "type": event.type,
        "at": circumstances.now.isoformat(),
        "customer_id": event.customer,
        "by": _actor(circumstances.credential, caller),
        "source": circumstances.source,
        "request_id": circumstances.request_id,
        "before": _visible(event.before, caller),
        "after": _visible(event.after, caller),
    }
    return TimelineEntry.model_validate(fields)


def _visible(values: Mapping[str, object], caller: Caller) -> Mapping[str, object]:
    """Nor whom the staff took them for."""
    hidden = ABOUT_OTHERS if isinstance(caller, UserCaller) else ()
    return {name: value for name, value in values.items() if name not in hidden}


def _actor(credential: str, caller: Caller) -> ActorBody:
    """Users do not learn who of the staff dealt with them."""
    kind, _, name = credential.partition(":")
    return ActorBody(kind=kind, id=None if isinstance(caller, UserCaller) else name)


GET_TIMELINE = Route(
    "GET",
    PATH,
    read_customer_timeline,
    summary="Read a customer's timeline",
    description=(
        "Every event of the customer and of those who were merged into it, the newest first: who, what, from where, "
        "before and after. A user reads the own timeline only."
    ),
    path_parameters={"customerId": Parameter("A customer's id, also one from before a merge.")},
    query=PAGE_PARAMETERS,
    answers={200: Documented("The events.", TimelineResponse, examples.TIMELINES)},
)
