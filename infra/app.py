"""The CDK app. Run as a module, `python -B -m infra.app`: as a script, `infra/constructs` would hide a library."""

import sys
from pathlib import Path

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.build import build
from infra.bytecode import InterpreterMissingError
from infra.stacks.hub_stack import HubStack
from infra.stacks.outputs import STACK
from infra.targets import LAMBDA, TARGETS


class SenderMissingError(Exception):
    """Nobody said in whose name the hub sends e-mails."""


def synthesise(app: App) -> Path:
    """Writes the cloud assembly of `app` and returns its directory.

    Raises RuntimeError if a rule of cdk-nag is broken that no construct acknowledges with a reason.
    """
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return Path(app.synth().directory)


def add_hub(app: App) -> HubStack:
    """Builds for the target of the context and adds the stack.

    Context: `target`; `corsOrigins`, the comma-separated origins of pages that may call the API; `mailFrom`, the
    address that e-mails come from, of an identity that SES has verified; and, where shops report over EventBridge,
    `shopifyEventSource`, the name of the app's partner event source (`aws.partner/shopify.com/…`). Any page may call by
    default: callers prove themselves by a header that a browser never adds by itself, so that the origin decides
    nothing. Raises SenderMissingError.
    """
    target = TARGETS[app.node.try_get_context("target") or LAMBDA.name]
    origins = (app.node.try_get_context("corsOrigins") or "*").split(",")
    sender = app.node.try_get_context("mailFrom")
    if not sender:
        raise SenderMissingError("an address that SES may send from is needed: --context mailFrom=hello@shop.example")
    return HubStack(
        app,
        STACK,
        built=build(target),
        cors_origins=origins,
        mail_from=sender,
        event_source=app.node.try_get_context("shopifyEventSource") or None,
    )


def main() -> None:
    """Synthesises the hub, or exits with the reason why it cannot be packaged."""
    app = App()
    try:
        add_hub(app)
    except (InterpreterMissingError, SenderMissingError) as error:
        sys.exit(str(error))
    synthesise(app)


if __name__ == "__main__":
    main()
