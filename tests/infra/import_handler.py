"""Imports a handler as Lambda does and prints what that loaded.

Run with `python -I -S -B` and the packages as arguments.

Prints a JSON object: file of each module that came from a package, and the file of its bytecode.
"""

import json
import sys


def main(packages: list[str]) -> None:
    # With -I and -S there is nothing on the path but the standard library.
    sys.path[:0] = packages
    handler = __import__("handler").handler
    if not callable(handler):
        raise TypeError("handler.handler cannot be called")
    specs = [module.__spec__ for module in list(sys.modules.values()) if getattr(module, "__spec__", None)]
    origins = {spec.origin: spec.cached for spec in specs if spec and spec.has_location and spec.origin}
    print(json.dumps({file: cached for file, cached in origins.items() if file.startswith(tuple(packages))}))


main(sys.argv[1:])
