"""`python -m customerhub`: the operator's command."""

import sys

from customerhub.bootstrap import build_credential_app
from customerhub.entrypoints.operator import main

if __name__ == "__main__":
    sys.exit(main(build_credential_app))
