"""Volunteers and professionals: who can be asked, and how much each has in hand."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Response

from bot.console import invitations, words
from bot.console.deps import LARGEST_ID, AtDesk, Desk, Writing
from bot.console.residents import phone_problem
from bot.models import HelperKind
from bot.services import review, staff

router = APIRouter(prefix="/helpers")

HelperId = Annotated[int, Path(le=LARGEST_ID)]


@router.get("")
def show(desk: AtDesk) -> Response:
    """The list with the form for a new helper."""
    return _page(desk)


def _page(
    desk: Desk,
    status: int = 200,
    filled: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    return desk.page(
        "helpers.html",
        status,
        helpers=staff.list_helpers(desk.session, desk.coordinator.municipality_id),
        load=review.helper_load(desk.session, desk.actor),
        filled=filled or {"kind": HelperKind.VOLUNTEER.value},
        problems=problems or {},
    )


@router.post("")
def add(
    desk: Writing,
    name: Annotated[str, Form(alias="naam")] = "",
    phone: Annotated[str, Form(alias="telefoon")] = "",
    kind: Annotated[str, Form(alias="soort")] = "",
) -> Response:
    """Write down a helper and show the link, once."""
    problems = {
        "name": "" if name.strip() else "Vul een naam in.",
        "phone": phone_problem(phone),
        "kind": "" if kind in words.HELPER_KIND else "Kies vrijwilliger of professional.",
    }
    if any(problems.values()):
        return _page(desk, 400, {"name": name, "phone": phone, "kind": kind}, problems)
    helper = staff.add_helper(
        desk.session,
        desk.coordinator.municipality_id,
        name[:200],
        HelperKind(kind),
        desk.now,
        phone=phone.strip() or None,
        actor=desk.actor,
    )
    return invitations.make(desk, helper, f"/helpers/{helper.id}", "helper")


@router.get("/{helper_id:int}")
def show_one(desk: AtDesk, helper_id: HelperId) -> Response:
    """A helper, with the link that was just made."""
    helper = staff.access_helper(desk.session, desk.actor, helper_id)
    response = desk.page(
        "helper.html",
        helper=helper,
        load=review.helper_load(desk.session, desk.actor).get(helper.id, 0),
        link=invitations.link_to_show(desk.request),
    )
    return invitations.shown(response)


@router.post("/{helper_id:int}/link")
def make_link(desk: Writing, helper_id: HelperId) -> Response:
    """Make another link."""
    helper = staff.access_helper(desk.session, desk.actor, helper_id)
    return invitations.make(desk, helper, f"/helpers/{helper.id}", "link")
