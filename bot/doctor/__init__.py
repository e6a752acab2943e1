"""`praatje doctor`: looks whether everything is there and right, and says what to do (row O1).

It changes nothing, sends nothing, and looks at all of it even when the first thing is wrong.
"""

import logging
from collections.abc import Callable, Sequence

from bot.doctor import database, machine, neighbours, telegram
from bot.doctor.finding import Finding
from bot.settings import Settings

logger = logging.getLogger(__name__)

Look = Callable[[Settings], Sequence[Finding]]

LOOKS: dict[str, Look] = {
    "Python": machine.python,
    "Rasa's Python": machine.rasa_python,
    "settings": machine.settings_complete,
    "folder": machine.folder,
    "disk": machine.disk,
    "console assets": machine.console_assets,
    "helplines": machine.helplines,
    "Rasa model": machine.rasa_model,
    "signal model": machine.signal_model,
    "database": database.look,
    "Rasa": neighbours.rasa,
    "Telegram": telegram.look,
    "mail": neighbours.mail,
}


def examine(settings: Settings) -> list[Finding]:
    """Everything that was looked at, in a fixed order; a look that fails is a finding itself."""
    findings: list[Finding] = []
    for what, look in LOOKS.items():
        try:
            findings += look(settings)
        except Exception as error:
            logger.exception("looking at %s failed", what)
            findings.append(Finding(False, what, f"cannot be looked at: {type(error).__name__}."))
    return findings


__all__ = ["LOOKS", "Finding", "examine"]
