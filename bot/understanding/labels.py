"""The names of what a message shows: signals and levels."""

from enum import StrEnum


class Signal(StrEnum):
    """One thing that a message shows about the resident, now."""

    LONELY_EXPLICIT = "lonely_explicit"
    EMOTIONAL = "emotional"
    SOCIAL = "social"
    EXISTENTIAL = "existential"
    BEREAVEMENT = "bereavement"
    SEPARATION = "separation"
    ILLNESS = "illness"
    CAREGIVING = "caregiving"
    RELOCATION = "relocation"
    WORK_LOSS = "work_loss"
    MONEY = "money"
    FAMILY_CONFLICT = "family_conflict"
    LANGUAGE_BARRIER = "language_barrier"
    SELF_NEGLECT = "self_neglect"
    SUICIDE = "suicide"
    ABUSE = "abuse"
    MEDICAL_EMERGENCY = "medical_emergency"
    CONTACT = "contact"
    ACTIVITY = "activity"


LONELINESS = frozenset(
    {Signal.LONELY_EXPLICIT, Signal.EMOTIONAL, Signal.SOCIAL, Signal.EXISTENTIAL}
)
DANGER = frozenset({Signal.SUICIDE, Signal.ABUSE, Signal.MEDICAL_EMERGENCY})


class Level(StrEnum):
    """How soon a person has to look at a message; `rank` orders them."""

    NONE = "none"
    CONCERN = "concern"
    URGENT = "urgent"
    CRISIS = "crisis"

    @property
    def rank(self) -> int:
        """0 for none to 3 for crisis."""
        return list(Level).index(self)


def higher(first: Level, second: Level) -> Level:
    """The more urgent of two levels."""
    return max(first, second, key=lambda level: level.rank)
