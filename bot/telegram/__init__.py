"""The Telegram gateway: updates in (polling or webhook), messages out."""

import os

# python-telegram-bot 22 asks which type durations have; the one that version 23 will use.
os.environ.setdefault("PTB_TIMEDELTA", "true")
