"""The operator's commands `analytics …`: check a tenant's statistics against its customers, and make them anew."""

import argparse
from collections.abc import Mapping
from typing import Any

from customerhub.app import OperatorApp
from customerhub.domain.statistics import Figure
from customerhub.domain.tenant import tenant_id
from customerhub.services.rebuild_statistics import rebuild_statistics
from customerhub.services.verify_statistics import verify_statistics


def add_analytics(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the commands."""
    commands = parser.add_subparsers(required=True)
    _add(commands.add_parser("rebuild", help="count every customer anew; exact whatever was wrong"), _rebuild)
    _add(commands.add_parser("verify", help="count every customer and say what differs; changes nothing"), _verify)


def _add(parser: argparse.ArgumentParser, run: Any) -> None:
    parser.set_defaults(run=run)
    parser.add_argument("--tenant", required=True)


def _rebuild(app: OperatorApp, options: argparse.Namespace) -> dict[str, Any]:
    rebuilt = rebuild_statistics(
        tenant_id(options.tenant), statistics=app.statistics, profiles=app.profiles, clock=app.clock
    )
    return {
        "seen": rebuilt.seen,
        "corrected": rebuilt.customers_corrected,
        "figuresCorrected": rebuilt.figures_corrected,
    }


def _verify(app: OperatorApp, options: argparse.Namespace) -> dict[str, Any]:
    verification = verify_statistics(tenant_id(options.tenant), statistics=app.statistics, profiles=app.profiles)
    return {
        "seen": verification.seen,
        "equal": not verification.differences,
        "differences": _shown(verification.differences),
    }


def _shown(differences: Mapping[Figure, tuple[int, int]]) -> list[dict[str, Any]]:
    return [
        {"group": figure.group, "subject": figure.subject, "name": figure.name, "shown": shown, "recounted": recounted}
        for figure, (shown, recounted) in differences.items()
    ]
