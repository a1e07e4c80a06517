"""The Lambda authorizer of the HTTP API (payload 2.0, simple responses).

API Gateway answers a denial with a bare 403 that tells a web app neither that its token has run out nor how errors
look here. So a caller without a good credential is passed on with the refusal instead of a caller: the function
answers 401 with the reason, and cannot do anything else, because there is no tenant without a caller.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.app import CredentialApp
from customerhub.entrypoints.caller_context import caller_context, refusal_context
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import HubError, Unauthenticated
from customerhub.services.authenticate import authenticate

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class AuthorizerFailedError(Exception):
    """A fault that nobody foresaw; Lambda logs this message instead of one that may quote a person."""


def build_authorizer(app: CredentialApp) -> Handler:
    """The handler. A fault is raised: API Gateway answers 500 and remembers nothing."""
    logger = Logger()

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        try:
            caller = authenticate(
                event.get("headers", {}).get("authorization", ""),
                store=app.credentials,
                verifier=app.verifier,
                clock=app.clock,
            )
        except Unauthenticated as refusal:
            logger.info("refused", extra={"code": refusal.code})
            return {"isAuthorized": True, "context": refusal_context(refusal)}
        except HubError:
            raise
        except Exception as error:
            log_unforeseen(logger, error, event["requestContext"]["requestId"])
            raise AuthorizerFailedError("see the log") from None
        logger.info("authenticated", extra={"tenant": caller.tenant.id, "caller": caller.credential.split(":")[0]})
        return {"isAuthorized": True, "context": caller_context(caller)}

    return handle
