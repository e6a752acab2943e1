"""Runs the parts of `make test` one after another, all of them, and says at the end what failed."""

from __future__ import annotations

import subprocess
import sys
import time

PARTS = ("lint", "test-fast", "rasa-validate", "rasa-test", "test-marked")


def main() -> int:
    """Return 0 when every part ended well."""
    started = time.monotonic()
    results = []
    for part in PARTS:
        begun = time.monotonic()
        tell(f"== {part}")
        code = subprocess.run(["make", "--no-print-directory", part], check=False).returncode
        results.append((part, code, time.monotonic() - begun))
    for part, code, seconds in results:
        tell(f"{'FAILED' if code else 'passed'}  {part}  {seconds:.0f} s")
    failed = [part for part, code, _ in results if code]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "PASSED"
    tell(f"make test {verdict} in {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


def tell(line: str) -> None:
    """Print a line between the output of the parts."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
