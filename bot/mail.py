"""E-mail to coordinators over SMTP."""

import smtplib
from email.message import EmailMessage

from bot.settings import Settings

TIMEOUT_SECONDS = 20


def send(settings: Settings, recipient: str, subject: str, body: str, message_id: str) -> None:
    """Hand one mail to the SMTP server. Raises OSError or smtplib.SMTPException."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.mail_from, recipient, subject
    mail["Message-ID"] = message_id
    mail.set_content(body)
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS) as server:
        if settings.smtp_starttls:
            server.starttls()
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(mail)
