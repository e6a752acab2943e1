"""How much memory does the whole installation take, after load?"""

from collections.abc import Mapping

import psutil

from bench import processes
from bench.installation import Installation

Sizes = Mapping[str, float]


def measure(installation: Installation) -> tuple[Sizes, Sizes]:
    """Megabytes of every part, and of what runs beside it.

    Stock must have stopped: pages that both share would count half.
    """
    return _sizes(installation.parts()), _sizes(installation.apart())


def _sizes(parts: Mapping[str, list[psutil.Process]]) -> Sizes:
    return {name: processes.megabytes(found) for name, found in parts.items()}
