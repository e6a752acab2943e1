"""The coordinator's own page."""

from fastapi import APIRouter, Response

from bot.console import invitations
from bot.console.deps import AtDesk, Writing

router = APIRouter(prefix="/account")


@router.get("")
def show(desk: AtDesk) -> Response:
    """Who is logged in, and whether alerts reach them on Telegram."""
    response = desk.page("account.html", link=invitations.link_to_show(desk.request))
    return invitations.shown(response)


@router.post("/link")
def make_link(desk: Writing) -> Response:
    """Make a link with which alerts come in on Telegram too."""
    return invitations.make(desk, desk.coordinator, "/account", "link")
