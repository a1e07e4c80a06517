"""The routes of the function `verifications`."""

from customerhub.entrypoints.http_api.verifications import ANSWER_CODE, SEND_CODE

VERIFICATION_ROUTES = (SEND_CODE, ANSWER_CODE)
