"""The action server: `python -m actions`, on loopback, in one process.

`python -m rasa_sdk` would listen on every address and start a second process for one worker.
"""

import argparse
import logging
import warnings

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor


def main() -> None:
    """Serve every action of this package until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m actions", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5055)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    # Rasa 3.6.21 names its version at every call; with this SDK it works (docs/decisions.md).
    warnings.filterwarnings(
        "ignore", message="Your versions of rasa and rasa_sdk might not be compatible"
    )
    executor = ActionExecutor()
    executor.register_package("actions")
    app = create_app(executor, cors_origins=None)
    app.run(
        host=arguments.host,
        port=arguments.port,
        single_process=True,
        access_log=False,
        motd=False,
    )


if __name__ == "__main__":
    main()
