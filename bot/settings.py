"""The settings of an installation, from the environment or `.env`; `.env.example` explains each."""

from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigurationError


class TelegramMode(StrEnum):
    """How updates come in."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class Settings(BaseSettings):
    """Every setting, typed; in the environment its name is in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    var_dir: Path = Path("var")
    database_url: str = ""
    secret_key: SecretStr = SecretStr("")
    log_level: str = "INFO"

    sandbox: bool = False
    sandbox_clock_file: Path | None = None
    sandbox_url: str = "http://127.0.0.1:8081"

    telegram_token: SecretStr = SecretStr("")
    telegram_api_url: AnyHttpUrl = AnyHttpUrl("https://api.telegram.org")
    telegram_bot_username: str = ""
    telegram_mode: TelegramMode = TelegramMode.POLLING
    telegram_webhook_url: str = ""
    webhook_host: str = "127.0.0.1"
    webhook_port: int = Field(default=8090, ge=0, le=65535)
    telegram_webhook_secret: SecretStr = SecretStr("")
    telegram_messages_per_second: float = Field(default=25.0, gt=0)
    telegram_seconds_per_chat: float = Field(default=1.0, ge=0)
    burst_seconds: float = Field(default=3.0, ge=0)

    rasa_url: str = "http://127.0.0.1:5005"
    rasa_auth_token: SecretStr = SecretStr("")
    rasa_actions_url: str = "http://127.0.0.1:5055/webhook"
    rasa_tracker_url: str = ""
    rasa_timeout_seconds: float = Field(default=4.0, gt=0)

    console_host: str = "127.0.0.1"
    console_port: int = Field(default=8080, ge=0, le=65535)
    console_url: str = "http://127.0.0.1:8080"
    console_theme: str = "voorbeeld"
    trusted_proxies: str = "127.0.0.1"

    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = True
    mail_from: str = "praatje@localhost"

    worker_concurrency: int = Field(default=8, ge=1)


@cache
def get_settings() -> Settings:
    """The settings of this process, read once. Raises ConfigurationError in one line."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ConfigurationError(f"Wrong setting: {faults}. See .env.example.") from None
