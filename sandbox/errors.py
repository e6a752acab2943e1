"""The two ways a request is refused: as Telegram does (Bot API), or as our own control API does."""


class ApiError(Exception):
    """A refusal by the Bot API, with Telegram's own description."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


class ControlError(Exception):
    """A refusal by the control API; `status` is the HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def bad_request(reason: str) -> ApiError:
    """Telegram's 400 for a wrong argument."""
    return ApiError(400, f"Bad Request: {reason}")
