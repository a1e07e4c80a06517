"""`python -m infra.local up` and `… reset`: the product on a laptop.

MiniStack stands in for AWS, the deployed product runs on it, and this adds only what an account would bring: a plain
base URL, an identity provider and demo data.
"""

import argparse
import sys

from infra.local.stopping import StopRequested, obey_stop_signals


def main() -> None:
    """Do what the command line says and exit."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("command", choices=("up", "reset"))
    command = parser.parse_args().command
    obey_stop_signals()
    try:
        # These imports take a second, in which Ctrl-C is obeyed already.
        from infra.local.commands import run

        run(command)
    except StopRequested as stop:
        sys.exit(stop.exit_status)


if __name__ == "__main__":
    main()
