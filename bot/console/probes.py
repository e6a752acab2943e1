"""What other programs ask: is the console well, and when is the next check-in of the demo."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import text

from bot.console.deps import Database
from bot.services import review
from bot.settings import get_settings

router = APIRouter()


@router.get("/healthz")
def health(session: Database) -> dict[str, str]:
    """Whether the console and its database answer."""
    session.execute(text("SELECT 1"))
    return {"status": "ok"}


@router.get("/sandbox/next-check-in")
def next_check_in(session: Database) -> dict[str, str | None]:
    """The moment to which the sandbox may move its clock; no page at all outside the sandbox."""
    if not get_settings().sandbox:
        raise HTTPException(404)
    moment = review.next_check_in(session)
    return {"at": moment.isoformat() if moment else None}
