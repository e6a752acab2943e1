"""Residents: who takes part, who cannot be reached yet, and new ones with their link."""

import re
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Response

from bot.console import invitations, words
from bot.console.deps import AtDesk, Desk, Writing
from bot.models import AddressForm
from bot.services import residents, review

router = APIRouter(prefix="/bewoners")
PHONE = re.compile(r"[+0-9][0-9 ()/-]{7,19}")


@router.get("")
def show(desk: AtDesk) -> Response:
    """The list with the form for a new resident."""
    return _page(desk)


def _page(
    desk: Desk,
    status: int = 200,
    filled: Mapping[str, object] | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    usual = {"form": AddressForm.U.value, "days": list(residents.DEFAULT_WEEKDAYS)}
    return desk.page(
        "residents.html",
        status,
        rows=review.list_residents(desk.session, desk.actor),
        filled=filled or usual,
        problems=problems or {},
    )


@router.post("")
def add(
    desk: Writing,
    name: Annotated[str, Form(alias="naam")] = "",
    phone: Annotated[str, Form(alias="telefoon")] = "",
    form: Annotated[str, Form(alias="aanspreekvorm")] = "",
    days: Annotated[list[str] | None, Form(alias="dagen")] = None,
) -> Response:
    """Write down a resident and show the link, once."""
    weekdays = [int(each) for each in days or () if each in set("0123456")]
    problems = {
        "name": "" if name.strip() else "Vul een naam in.",
        "phone": phone_problem(phone),
        "form": "" if form in words.ADDRESS_FORM else "Kies u of je.",
        "days": "" if weekdays else "Kies ten minste één dag.",
    }
    if any(problems.values()):
        filled = {"name": name, "phone": phone, "form": form, "days": weekdays}
        return _page(desk, 400, filled, problems)
    resident = residents.register(
        desk.session,
        desk.coordinator.municipality_id,
        name[:200],
        desk.now,
        address_form=AddressForm(form),
        phone=phone.strip() or None,
        weekdays=weekdays,
        actor=desk.actor,
    )
    return invitations.make(desk, resident, f"/bewoners/{resident.id}", "aangemeld")


def phone_problem(phone: str) -> str:
    """What is wrong with a telephone number, in Dutch; nothing filled in is fine."""
    if not phone.strip() or PHONE.fullmatch(phone.strip()):
        return ""
    return "Dit lijkt geen telefoonnummer. Gebruik alleen cijfers, of laat het leeg."


@router.get("/{resident_id}")
def show_one(desk: AtDesk, resident_id: UUID) -> Response:
    """How it goes with a resident, without their conversation (row C8)."""
    resident = residents.access_resident(desk.session, desk.actor, resident_id)
    response = desk.page(
        "resident.html",
        resident=resident,
        schedule=resident.schedule,
        consents=review.consents_of(desk.session, resident),
        check_ins=review.recent_check_ins(desk.session, resident.id, desk.now),
        open_case=review.open_case_of(desk.session, resident),
        invited_at=review.invited_at(desk.session, resident),
        link=invitations.link_to_show(desk.request),
    )
    return invitations.shown(response)


@router.post("/{resident_id}/link")
def make_link(desk: Writing, resident_id: UUID) -> Response:
    """Make another link."""
    resident = residents.access_resident(desk.session, desk.actor, resident_id)
    return invitations.make(desk, resident, f"/bewoners/{resident.id}", "link")
