"""`python -m infra.local.partners <name> --port N --state FILE --credentials FILE`: one double, until it is stopped.

It listens on this machine's loopback alone. The credentials that it accepts are a JSON object in a file, so that no
list of processes shows them. What it knows is saved in the state file when it ends, and from time to time.
"""

import argparse
import json
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from infra.local.locks import exclusive
from infra.local.partners.application import application
from infra.local.partners.catalogue import PartnerName
from infra.local.partners.connections import DroppableProtocol


def main() -> None:
    """Serve the double that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.partners", description=__doc__)
    parser.add_argument("name", choices=[name.value for name in PartnerName])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--credentials", type=Path, required=True)
    parser.add_argument("--until-input-ends", action="store_true", help="end when standard input does")
    asked = parser.parse_args()
    # A former process may still be saving.
    with exclusive(asked.state.with_suffix(".lock")), socket.socket() as listener:
        try:
            _listen(listener, asked.port)
        except (OSError, OverflowError) as error:
            sys.exit(f"Port {asked.port} cannot be used: {error}")
        credentials = json.loads(asked.credentials.read_text())
        app = application(PartnerName(asked.name), credentials, f"http://127.0.0.1:{asked.port}", asked.state)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=DroppableProtocol,
                lifespan="on",
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        if asked.until_input_ends:
            threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
        server.run(sockets=[listener])


def _listen(listener: socket.socket, port: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Its connections inherit this. Headers and body are written one after the other, and would wait 40 ms in between.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(2048)


def _end_with_input(server: uvicorn.Server) -> None:
    """Whoever started this process holds the other end of its standard input, and lets go of it however it ends."""
    sys.stdin.buffer.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
