"""`python -m customerhub`: the operator's command."""

import sys

from customerhub.bootstrap import build_operator_app
from customerhub.entrypoints.operator import main

if __name__ == "__main__":
    sys.exit(main(build_operator_app))
