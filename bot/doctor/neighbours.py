"""The programs that Praatje needs besides its database: Rasa and the mail server."""

import smtplib

import httpx

from bot.doctor.finding import Finding
from bot.settings import Settings

PATIENCE_SECONDS = 5.0


def rasa(settings: Settings) -> list[Finding]:
    """Whether Rasa answers and takes our token. That it does not run now is no fault."""
    token = settings.rasa_auth_token.get_secret_value()
    try:
        with httpx.Client(
            base_url=settings.rasa_url, timeout=PATIENCE_SECONDS, trust_env=False
        ) as client:
            version = client.get("/version").raise_for_status().json()["version"]
            refused = token and client.get("/status", params={"token": token}).status_code == 401
    except httpx.ConnectError:
        says = f"does not run at {settings.rasa_url} now; `praatje run` starts it"
        return [Finding(True, "Rasa", says)]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        says = f"what answers at {settings.rasa_url} is no Rasa ({type(error).__name__})."
        return [Finding(False, "Rasa", f"{says} Look at RASA_URL.")]
    if refused:
        says = "does not take our token. RASA_AUTH_TOKEN must be the one Rasa was started with."
        return [Finding(False, "Rasa", says)]
    return [Finding(True, "Rasa", f"{version} answers at {settings.rasa_url}")]


def mail(settings: Settings) -> list[Finding]:
    """Whether the SMTP server takes our log-in; nothing is sent."""
    if not settings.smtp_host:
        return [
            Finding(True, "mail", "not set up (SMTP_HOST is empty): alerts go by Telegram only")
        ]
    place = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        with smtplib.SMTP(
            settings.smtp_host, settings.smtp_port, timeout=PATIENCE_SECONDS
        ) as server:
            if settings.smtp_starttls:
                server.starttls()
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.noop()
    except smtplib.SMTPAuthenticationError:
        says = f"{place} refuses the log-in. Look at SMTP_USER and SMTP_PASSWORD."
        return [Finding(False, "mail", says)]
    except smtplib.SMTPException as error:
        says = f"{place} does not do as asked ({error}). Look at SMTP_STARTTLS and SMTP_USER."
        return [Finding(False, "mail", says)]
    except OSError as error:
        says = f"{place} cannot be reached ({error}). Look at SMTP_HOST and SMTP_PORT."
        return [Finding(False, "mail", says)]
    return [Finding(True, "mail", f"{place} answers")]
