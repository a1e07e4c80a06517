"""`POST /api/verifications` sends a one-time code, `POST /api/verifications/{verificationId}` answers it."""

from customerhub.app import VerificationsApp
from customerhub.domain.idempotency import Answer
from customerhub.domain.verification import MAX_TRIES, read_recipient
from customerhub.entrypoints.http_api import verification_examples as examples
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.entrypoints.http_api.verification_models import (
    AnswerVerificationRequest,
    AnswerVerificationResponse,
    StartVerificationRequest,
    StartVerificationResponse,
    answered,
    started,
)
from customerhub.ports import RateVerdict
from customerhub.services.answer_verification import CodeAnswer, answer_verification
from customerhub.services.start_verification import start_verification

TAG = "Verifications"


def send_code(app: VerificationsApp, request: Request) -> Response:
    """Answer one call that asks for a code."""
    caller, body = request.caller, parse_body(StartVerificationRequest, request.body())
    recipient = read_recipient((body.email or "").strip(), (body.phone or "").strip(), caller.tenant)

    def work(verdict: RateVerdict) -> Response:
        verification = start_verification(
            recipient,
            caller,
            store=app.verifications,
            messenger=app.messenger,
            clock=app.clock,
            before_write=verdict.require,
        )
        return Response(202, started(verification).model_dump_json())

    return rated(app, request, ":".join(recipient.key), work)


def answer_code(app: VerificationsApp, request: Request) -> Response:
    """Answer one call that brings a code."""
    caller, body = request.caller, parse_body(AnswerVerificationRequest, request.body())
    code = CodeAnswer(request.path["verificationId"], body.code, bool(body.merge_if_found))

    def work(verdict: RateVerdict) -> Response:
        answer = answer_verification(
            code,
            caller,
            request.id,
            verifications=app.verifications,
            identities=app.identities,
            clock=app.clock,
            present=lambda outcome: Answer(200, answered(outcome, caller, request.id)),
            before_write=verdict.require,
        )
        return Response(answer.status, answer.body)

    return rated(app, request, f"verification:{code.verification_id}", work)


SEND_CODE = Route(
    "POST",
    "/api/verifications",
    send_code,
    summary="Send a one-time code",
    description=(
        "Sends 6 digits by e-mail or text message, to be answered within 10 minutes. The answer is the same whether or "
        "not anybody is known by the address or number. At most 5 codes an hour and 10 a day go to one, and a user may "
        "ask for 10 an hour."
    ),
    body=StartVerificationRequest,
    body_examples=examples.START_REQUESTS,
    answers={202: Documented("The code is on its way.", StartVerificationResponse, examples.START_RESPONSES)},
    tag=TAG,
)
ANSWER_CODE = Route(
    "POST",
    "/api/verifications/{verificationId}",
    answer_code,
    summary="Answer a one-time code",
    description=(
        "Only the credential that asked for the code may answer it. The right code proves the address or number for an "
        "hour: it is the person's from now on, and finds, creates or, with `mergeIfFound`, merges as a call of "
        f"customer-management would. Of {MAX_TRIES} tries each counts; a 422 for `code` says by its own `code` why: "
        "`wrong_code`, `code_expired`, `code_used` or `too_many_tries`."
    ),
    body=AnswerVerificationRequest,
    body_examples=examples.ANSWER_REQUESTS,
    path_parameters={"verificationId": Parameter("As the call that sent the code answered it.")},
    answers={200: Documented("The code is right.", AnswerVerificationResponse, examples.ANSWER_RESPONSES)},
    tag=TAG,
)
