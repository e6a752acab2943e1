"""Praatje: check-ins on Telegram, signals of loneliness and danger, hand-over to people."""
