"""What one look at the installation found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` was looked at, whether it is right, and in one line how it is or what to do."""

    ok: bool
    what: str
    says: str
