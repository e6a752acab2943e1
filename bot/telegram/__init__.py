"""The Telegram gateway: updates in (polling or webhook), messages out."""
