"""The macros that every page is built from: what ties a field to its hint and error, and what htmx is told."""

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask, get_template_attribute, render_template_string
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FieldList,
    Form,
    FormField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice as Choice  # pyright: ignore[reportAttributeAccessIssue]
from wtforms.validators import InputRequired

HOSTILE = "\"><b>'&"


class Line(Form):
    name = StringField("Name of the line", validators=[InputRequired("Enter the name")])


class Everything(FlaskForm):
    description = StringField("Description", description="So that you can tell them apart")
    name = StringField("Name", validators=[InputRequired("Enter the name")])
    mobile = TelField("Mobile number", description="For text messages", validators=[InputRequired("Enter the number")])
    email = EmailField("E-mail address")
    secret = PasswordField("Password")
    csr = TextAreaField("Signing request")
    until = DateField("Valid until")
    reason = SelectField("Reason", choices=[Choice("", "Choose"), Choice("lost", "Key lost")])
    grouped = SelectField(
        "Channel",
        choices=[
            Choice("", "Choose"),
            Choice("1", "Web", optgroup="Earnings"),
            Choice("2", "SFTP", optgroup="Benefits"),
        ],
    )
    language = RadioField(
        "Which language?",
        choices=[Choice("fi", "Suomi"), Choice("sv", "Svenska")],
        validators=[InputRequired("Choose")],
    )
    purposes = SelectMultipleField("Purposes", choices=[Choice("a", "Wages"), Choice("b", "Benefits")])
    terms = BooleanField("I accept", validators=[InputRequired("Accept the terms")])
    pin = StringField("PIN code")
    lines = FieldList(FormField(Line), min_entries=1)


@pytest.fixture(autouse=True)
def asked(app: Flask) -> Iterator[None]:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        yield


def drawn(macro: str, *values: Any, file: str = "fields", **named: Any) -> Tag:
    """The one element that a macro returns."""
    html = str(get_template_attribute(f"macros/{file}.html", macro)(*values, **named))
    elements = [part for part in BeautifulSoup(html, "html.parser").contents if isinstance(part, Tag)]
    assert len(elements) == 1, html
    return elements[0]


def the(found: Tag | None) -> Tag:
    assert found is not None
    return found


def refused() -> Everything:
    form = Everything(data={})
    assert not form.validate()
    return form


@pytest.mark.parametrize(
    ("macro", "field"),
    [
        ("text", "name"),
        ("tel", "mobile"),
        ("email", "email"),
        ("textarea", "csr"),
        ("date", "until"),
        ("select", "reason"),
        ("radios", "language"),
        ("checkboxes", "purposes"),
        ("checkbox", "terms"),
    ],
)
def test_a_field_with_an_error_points_at_it_and_the_summary_points_at_the_field(macro: str, field: str) -> None:
    form = Everything()
    form[field].errors = ["Something is missing"]
    element = drawn(macro, form[field])
    assert element["id"] == f"{field}-field"
    assert "field-error" in element["class"]
    error = the(element.select_one(f"#{field}-error"))
    assert error.get_text() == "Error: Something is missing"
    described = the(element.select_one("[aria-describedby]"))
    assert f"{field}-error" in str(described["aria-describedby"]).split()
    for name in str(described["aria-describedby"]).split():
        assert element.select_one(f"#{name}"), name
    summary = drawn("error_summary", form, file="forms")
    link = the(summary.select_one(f'a[href="#{field}"]'))
    assert "Something is missing" in link.get_text()
    assert element.select_one(f"input#{field}, select#{field}, textarea#{field}")


def test_a_field_without_errors_shows_its_hint_and_what_was_understood() -> None:
    form = Everything(data={"mobile": "040 1234567"})
    element = drawn(
        "tel", form.mobile, readback="Text messages go to +358 40 123 4567 (Finland)", suggestion=("a", "b", "c")
    )
    control = the(element.input)
    assert control["aria-describedby"] == "mobile-hint mobile-readback"
    assert control["value"] == "040 1234567"
    assert not control.has_attr("aria-invalid")
    assert element.button is None
    assert element["data-announce"] == "Text messages go to +358 40 123 4567 (Finland)"


def test_an_error_hides_the_read_back_line_and_offers_the_suggestion() -> None:
    form = refused()
    element = drawn(
        "tel", form.mobile, readback="Goes to …", suggestion=("mobile_suggested", "+46701234567", "Did you mean …?")
    )
    assert element.select_one(".readback") is None
    button = the(element.button)
    assert (button["type"], button["name"], button["value"]) == ("submit", "mobile_suggested", "+46701234567")
    assert the(element.input)["aria-invalid"] == "true"
    assert element["data-announce"] == "Mobile number: Enter the number"


def test_only_fields_that_may_be_left_empty_say_so() -> None:
    form = Everything()
    assert drawn("text", form.name).select_one(".opt") is None
    assert the(drawn("text", form.description).select_one(".opt")).get_text() == "optional"
    assert drawn("text", form.description, optional=False).select_one(".opt") is None


def test_a_check_on_change_replaces_the_field_and_nothing_else() -> None:
    element = drawn("tel", Everything().mobile, check_url="/check")
    assert element["hx-post"] == "/check"
    assert (element["hx-trigger"], element["hx-target"], element["hx-swap"]) == ("change", "this", "outerHTML")
    assert not drawn("tel", Everything().mobile).has_attr("hx-post")


def test_what_people_type_is_escaped_everywhere() -> None:
    form = Everything(data={"name": HOSTILE, "csr": HOSTILE, "mobile": HOSTILE})
    form.name.errors = [HOSTILE]
    form.csr.errors = [HOSTILE]
    for macro, field in (("text", form.name), ("textarea", form.csr), ("tel", form.mobile)):
        element = drawn(macro, field, readback=HOSTILE, check_url="/x?a=" + HOSTILE)
        assert element.select("b") == []
        control = the(element.select_one("input, textarea"))
        assert (control["value"] if control.name == "input" else control.get_text().lstrip("\n")) == HOSTILE
    assert drawn("error_summary", form, [HOSTILE], file="forms").select("b") == []


def test_a_password_and_a_code_are_never_shown_back() -> None:
    form = Everything(data={"secret": "hunter2", "pin": "123456"})
    assert the(drawn("password", form.secret).input).get("value") == ""
    code = the(drawn("code", form.pin, 6).input)
    assert not code.get("value")
    assert (code["autocomplete"], code["inputmode"], code["maxlength"]) == ("one-time-code", "numeric", "7")


def test_choices_keep_what_was_chosen() -> None:
    form = Everything(data={"reason": "lost", "language": "sv", "purposes": ["b"], "terms": True, "grouped": "2"})
    assert [the(option)["value"] for option in drawn("select", form.reason).select("[selected]")] == ["lost"]
    assert [group["label"] for group in drawn("select", form.grouped).select("optgroup")] == ["Earnings", "Benefits"]
    assert the(drawn("select", form.grouped).select_one("select > option")).get_text() == "Choose"
    assert [radio["value"] for radio in drawn("radios", form.language).select("[checked]")] == ["sv"]
    assert [box["value"] for box in drawn("checkboxes", form.purposes).select("[checked]")] == ["b"]
    assert the(drawn("checkbox", form.terms).input).has_attr("checked")


def test_radios_have_a_legend_hints_and_languages_and_ids_of_their_own() -> None:
    element = drawn("radios", Everything().language, {"fi": "The usual choice"}, {"sv": "sv"}, reveals="sv")
    assert the(element.legend).get_text().startswith("Which language?")
    assert [radio["id"] for radio in element.select("input")] == ["language", "language-1"]
    assert the(element.select_one("span > span")).get_text() == "The usual choice"
    assert the(element.select_one("[lang=sv]")).get_text() == "Svenska"
    assert [radio["value"] for radio in element.select("[data-reveals]")] == ["sv"]


def test_the_summary_walks_fields_inside_fields_and_takes_sentences_without_a_field() -> None:
    form = refused()
    lines = [link["href"] for link in drawn("error_summary", form, file="forms").select("a")]
    assert "#lines-0-name" in lines
    assert "#mobile" in lines
    alone = drawn("error_summary", None, ["You have ordered this already."], file="forms")
    assert [line.get_text() for line in alone.select("li")] == ["You have ordered this already."]
    assert alone.has_attr("data-focus")
    assert str(get_template_attribute("macros/forms.html", "error_summary")(Everything())).strip() == ""


def test_an_icon_that_does_not_exist_fails() -> None:
    assert drawn("icon", "lock", file="icons").name == "svg"
    with pytest.raises(Exception, match="no-such-icon"):
        get_template_attribute("macros/icons.html", "icon")("no-such-icon")


def test_a_button_form_carries_the_token_and_says_to_screen_readers_what_it_does() -> None:
    form = drawn("button_form", "/revoke", "Revoke", what="Mallilön 5", hidden={"reason": "lost"}, file="forms")
    assert (form["method"], form["action"]) == ("post", "/revoke")
    assert {str(field["name"]) for field in form.select("input[type=hidden]")} == {"csrf_token", "reason"}
    assert the(form.button).get_text() == "Revoke: Mallilön 5"


def test_the_title_of_a_page_with_errors_says_so_first() -> None:
    page = (
        """{% extends "base.html" %}{% block title %}Apply{% endblock %}{% block main %}<h1>Apply</h1>{% endblock %}"""
    )
    title = BeautifulSoup(render_template_string(page, form=refused()), "html.parser").title
    assert the(title).get_text() == "Error: Apply – Certportal"
    assert (
        the(BeautifulSoup(render_template_string(page, form=Everything()), "html.parser").title).get_text()
        == "Apply – Certportal"
    )


def test_an_aside_makes_two_columns_and_a_page_without_one_has_none() -> None:
    page = """{% extends "base.html" %}{% block title %}A{% endblock %}{% block main %}<h1>A</h1>{% endblock %}"""
    plain = BeautifulSoup(render_template_string(page), "html.parser")
    assert plain.select("aside, .two") == []
    assert len(plain.select("main h1")) == 1
    aside = BeautifulSoup(render_template_string(page + "{% block aside %}<h2>Next</h2>{% endblock %}"), "html.parser")
    assert the(aside.select_one(".two > aside[aria-label] > h2")).get_text() == "Next"


def test_changing_the_language_on_an_answer_to_a_post_leads_back_to_the_form(app: Flask) -> None:
    page = """{% extends "base.html" %}{% block title %}A{% endblock %}{% block main %}<h1>A</h1>{% endblock %}"""
    with app.test_request_context("/orders?page=2"):
        got = BeautifulSoup(render_template_string(page), "html.parser")
    with app.test_request_context(
        "/orders/check", method="POST", headers={"Referer": "http://localhost/orders/new?a=1"}
    ):
        posted = BeautifulSoup(render_template_string(page), "html.parser")
    with app.test_request_context("/orders/check", method="POST", headers={"Referer": "http://elsewhere.example/x"}):
        foreign = BeautifulSoup(render_template_string(page), "html.parser")
    assert the(got.select_one("[name=next]"))["value"] == "/orders?page=2"
    assert the(posted.select_one("[name=next]"))["value"] == "/orders/new?a=1"
    assert not str(the(foreign.select_one("[name=next]"))["value"]).startswith("/")
