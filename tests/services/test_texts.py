"""The texts that go out without Rasa: every one renders; those on danger say what they must."""

import re
import string
from datetime import date

import pytest

from bot.models import AddressForm
from bot.services.texts import helplines, load, render
from bot.understanding.labels import DANGER

FIELDS = {
    "municipality": "Waterrijk",
    "name": "Joke",
    "days": "maandag",
    "time": "10:00 uur",
    "first": "maandag 3 mei",
    "until": "maandag 3 mei",
    "why": "een gesprek",
    "deadline": "maandag 3 mei, 14:05 uur",
    "resident": "Riet",
    "phone": "geen",
    "helper": "Anja",
    "kind": "vrijwilliger",
    "case": "7",
    "level": "zorg",
    "url": "http://console.example/meldingen/7",
}
"""Every field that the services fill in; a text with another one fails here."""

KEYS = [
    f"{family}.{name}"
    for family, texts in load("texts").items()
    if isinstance(texts, dict)
    for name in texts
]
ABOUT_DANGER = [key for key in KEYS if key.startswith(("crisis.", "doubt."))]
WHOLE = [
    key
    for key in ABOUT_DANGER
    if key not in ("crisis.stranger_note", "doubt.yes", "doubt.no", "doubt.denied")
]


@pytest.mark.parametrize("form", AddressForm)
@pytest.mark.parametrize("key", KEYS)
def test_every_text_renders_in_both_forms_with_known_fields(key: str, form: AddressForm) -> None:
    said = render(key, form, **FIELDS)
    assert said
    assert not set("{}") & set(said)


@pytest.mark.parametrize("key", [key for key in KEYS if not key.startswith(("enrol.", "alert."))])
def test_a_text_in_the_je_form_does_not_say_u(key: str) -> None:
    family, name = key.split(".")
    if isinstance(load("texts")[family][name], dict):
        words = re.findall(r"\w+", render(key, AddressForm.JE, **FIELDS))
        assert not {"u", "U", "uw", "Uw"} & set(words)
        words = re.findall(r"\w+", render(key, AddressForm.U, **FIELDS))
        assert not {"je", "Je", "jij", "jou", "jouw"} & set(words)


@pytest.mark.parametrize("form", AddressForm)
@pytest.mark.parametrize("key", WHOLE)
def test_every_answer_to_danger_names_112_and_says_it_is_no_help_line_v9(
    key: str, form: AddressForm
) -> None:
    said = render(key, form)
    assert "112" in said
    assert "geen noodhulp" in said


def test_every_danger_has_a_text_and_a_question() -> None:
    assert {f"crisis.{signal}" for signal in DANGER} | {"crisis.other"} <= set(WHOLE)
    assert {f"doubt.{signal}" for signal in DANGER} <= set(WHOLE)


@pytest.mark.parametrize("key", ["enrol.welcome", "always.help", "enrol.no_link"])
def test_enrolment_says_that_it_is_no_emergency_help_v9_v2(key: str) -> None:
    said = render(key, **FIELDS)
    assert "geen noodhulp" in said
    assert "112" in said
    assert "computerprogramma" in said


@pytest.mark.parametrize("key", KEYS)
def test_numbers_come_from_the_table_of_helplines_only_r5(key: str) -> None:
    family, name = key.split(".")
    text = load("texts")[family][name]
    for form in text.values() if isinstance(text, dict) else [text]:
        for literal, field, _, _ in string.Formatter().parse(form):
            assert not re.search(r"\d", literal), key
            assert field is None or field in {*FIELDS, *helplines()}


def test_suicide_gets_both_numbers_of_113_r5() -> None:
    line = load("helplines")["suicide"]
    said = render("crisis.suicide")
    assert line["number"] in said
    assert line["other_number"] in said


@pytest.mark.parametrize("key", load("helplines"))
def test_every_helpline_was_looked_up_and_is_dated_r5(key: str) -> None:
    line = load("helplines")[key]
    assert isinstance(line["checked"], date)
    assert line["source"]
    assert line["number"] in helplines()[key]


@pytest.mark.parametrize("word", ["diagnose", "depressie", "behandeling", "therapie", "patiënt"])
def test_no_text_claims_to_diagnose_or_treat_r12(word: str) -> None:
    for key in KEYS:
        assert word not in render(key, **FIELDS).lower()


def test_an_unknown_field_or_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        render("enrol.welcome")
    with pytest.raises(KeyError):
        render("enrol.nothing")
