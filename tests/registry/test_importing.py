"""An import file is taken whole or not at all, by keys, and every mistake is named with its line."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from certportal.audit import AuditEntry
from certportal.extensions import db
from certportal.identifiers import Language
from certportal.registry import service as registry
from certportal.registry.importing import Change, ImportRefused, difference, import_file, read_registry, take
from certportal.registry.models import Organisation, RightState, SigningRight
from tests import builders
from tests.builders import COMMAND

DAY = date(2026, 12, 1)
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"

ORGANISATIONS = "business_id,name,language\n9900001-8,Mallilön Ab,sv\n"
SIGNATORIES = "business_id,email,name,from,to\n9900001-8,Anna@mallilon.example,Anna Andersson,1.11.2026,\n"


def taken(text: str | bytes, name: str = "registry.csv") -> list[Change]:
    content = text.encode() if isinstance(text, str) else text
    return take(read_registry(content, name, "FI"), COMMAND)


def refused(text: str | bytes, name: str = "registry.csv") -> list[tuple[int, str, str]]:
    with pytest.raises(ImportRefused) as caught:
        taken(text, name)
    assert all(str(mistake.line) in mistake.text for mistake in caught.value.mistakes)
    return [(each.line, each.column, each.refusal.code) for each in caught.value.mistakes]


def told(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.kind.value, change.key, change.verb) for change in changes]


class TestTaking:
    def test_adds_what_is_new_and_changes_what_is_said_and_leaves_the_rest(self, app: Flask):
        assert told(taken(ORGANISATIONS)) == [("organisations", "9900001-8", "added")]
        assert taken(ORGANISATIONS) == []

        [change] = taken("business_id;contact_email;name\n99000018;karin@mallilon.example;\n")

        assert [(field.field, field.before, field.after) for field in change.fields] == [
            ("contact_email", "", "karin@mallilon.example")
        ]
        found = registry.organisation_by_business_id("9900001-8")
        assert (found.name, found.language, found.version) == ("Mallilön Ab", Language.SV, 2)

    def test_absence_removes_nothing(self, app: Flask):
        taken(ORGANISATIONS)
        taken("business_id,name\n9900002-6,Toinen Oy\n")
        assert db.session.scalar(select(func.count(Organisation.id))) == 2

    def test_a_hyphen_empties_a_field(self, app: Flask):
        builders.organisation()
        taken("business_id,contact_email,contact_phone\n9900001-8,-,-\n")
        found = registry.organisation_by_business_id("9900001-8")
        assert (found.contact_email, found.contact_phone, found.contact_name) == ("", "", "Karin Kontakt")

    def test_a_signatory_is_known_by_organisation_and_address_in_any_letters(self, app: Flask):
        taken(ORGANISATIONS)
        assert told(taken(SIGNATORIES)) == [("signatories", "9900001-8 anna@mallilon.example", "added")]
        assert taken(SIGNATORIES.replace("Anna@", "ANNA@")) == []
        person = registry.person_by_email("anna@mallilon.example")
        assert (person.name, person.language) == ("Anna Andersson", Language.SV)
        mallilon = registry.organisation_by_business_id("9900001-8")
        assert registry.may_sign(person.id, mallilon.id, date(2026, 11, 1))
        assert not registry.may_sign(person.id, mallilon.id, date(2026, 10, 31))

    def test_a_to_date_ends_a_right_to_sign_and_importing_the_old_row_again_does_not_revive_it(self, app: Flask):
        taken(ORGANISATIONS)
        taken(SIGNATORIES)
        taken("business_id,email,to\n9900001-8,anna@mallilon.example,30.11.2026\n")
        person = registry.person_by_email("anna@mallilon.example")
        assert registry.organisations_of(person.id, DAY) == []

        assert taken(SIGNATORIES) == []
        assert registry.organisations_of(person.id, DAY) == []

        taken("business_id,email,from\n9900001-8,anna@mallilon.example,1.12.2026\n")
        assert len(registry.organisations_of(person.id, DAY)) == 1
        [right] = db.session.scalars(select(SigningRight))
        assert (right.valid_from, right.valid_to) == (DAY, None)

    def test_an_organisation_is_used_to_the_end_of_its_to_date(self, app: Flask):
        taken(ORGANISATIONS)
        taken(SIGNATORIES)
        taken("business_id,to\n9900001-8,1.12.2026\n")
        mallilon = registry.organisation_by_business_id("9900001-8")
        person = registry.person_by_email("anna@mallilon.example")
        assert registry.may_sign(person.id, mallilon.id, date(2026, 12, 1))
        assert not registry.may_sign(person.id, mallilon.id, date(2026, 12, 2))

    def test_access_rights_are_known_by_organisation_and_channel(self, app: Flask):
        mallilon, ws = builders.organisation(), builders.channel(right_days=30)
        header = "business_id,channel,from,to\n"
        assert told(taken(header + "9900001-8,earnings-ws,1.12.2026,\n"))[0][2] == "added"
        assert registry.right_to(mallilon.id, ws.id, DAY).valid_to == date(2026, 12, 31)
        assert taken(header + "9900001-8,earnings-ws,1.12.2026,31.12.2026\n") == []

        taken(header + "9900001-8,earnings-ws,,-\n")
        assert registry.right_to(mallilon.id, ws.id, DAY).valid_to is None

        taken("business_id,channel,to\n9900001-8,earnings-ws,30.11.2026\n".replace("30.11", "1.12"))
        assert registry.right_to(mallilon.id, ws.id, DAY) is not None
        taken("business_id,channel,from,to\n9900001-8,earnings-ws,1.11.2026,30.11.2026\n")
        assert registry.right_to(mallilon.id, ws.id, DAY) is None
        assert taken(header + "9900001-8,earnings-ws,1.11.2026,\n") == []

        assert told(taken(header + "9900001-8,earnings-ws,1.12.2026,\n"))[0][2] == "added"
        states = [right.state for right in registry.rights_of(mallilon.id)]
        assert states == [RightState.VALID, RightState.ENDED]

    def test_terms_in_force_are_fixed_and_coming_ones_are_not(self, app: Flask):
        builders.terms(1)
        header = "version,from,text_fi,text_sv,text_en\n"
        assert told(taken(header + "2,1.1.2027,a,b,c\n")) == [("terms", "2", "added")]
        assert told(taken("version,text_en\n2,d\n")) == [("terms", "2", "changed")]
        assert refused("version,text_en\n1,new\n") == [(2, "", "terms_in_force")]
        assert refused("version,from\n1,1.1.2027\n") == [(2, "", "terms_in_force")]

    def test_what_was_taken_is_in_the_record_with_who_took_it(self, app: Flask):
        taken(ORGANISATIONS)
        taken(SIGNATORIES)
        entries = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
        assert [entry.verb for entry in entries] == ["organisation_added", "person_added", "signing_right_added"]
        assert {entry.actor_name for entry in entries} == {"root"}

    def test_a_dry_run_tells_the_same_and_leaves_nothing(self, app: Flask, tmp_path: Path):
        path = tmp_path / "organisations.csv"
        path.write_text(ORGANISATIONS, encoding="utf-8")

        would = import_file(path, COMMAND, dry_run=True)

        assert db.session.scalar(select(func.count(Organisation.id))) == 0
        assert db.session.scalar(select(func.count(AuditEntry.id))) == 0
        assert import_file(path, COMMAND, dry_run=False) == would


class TestRefusing:
    def test_one_wrong_row_and_nothing_is_taken(self, app: Flask):
        file = "business_id,name\n9900001-8,Mallilön Ab\n\n9900002-7,Toinen Oy\n9900003-4,\n"
        assert refused(file) == [(4, "business_id", "business_id_check_digit")]
        assert refused(file.replace("9900002-7", "9900002-6")) == [(5, "", "row_needs")]
        assert db.session.scalar(select(func.count(Organisation.id))) == 0

    def test_every_mistake_is_named_with_its_line_even_after_a_cell_of_several_lines(self, app: Flask):
        file = (
            "channel,name_fi,name_sv,name_en,use_fi,right_days\n"
            'ws,A,B,C,"first\n\nthird",30\n'
            "not a code,A,B,C,,thousand\n"
        )
        assert refused(file) == [(5, "channel", "row_code_form"), (5, "right_days", "number_range")]

    def test_a_key_may_stand_once(self, app: Flask):
        assert refused(ORGANISATIONS + "FI99000018,Mallilön Oy\n".replace("\n", ",fi\n")) == [(3, "", "row_repeated")]

    def test_one_person_is_not_told_of_in_two_ways(self, app: Flask):
        file = "business_id,email,name\n9900001-8,a@b.example,Anna\n9900002-6,A@b.example,Anja\n"
        assert refused(file) == [(3, "name", "person_otherwise")]

    @pytest.mark.parametrize(
        ("file", "mistakes"),
        [
            ("", [(1, "", "import_empty")]),
            ("business_id,name\n", [(1, "", "import_empty")]),
            ("business_id,nam\n9900001-8,x\n", [(1, "nam", "column_unknown")]),
            ("business_id,name,name\n9900001-8,x,y\n", [(1, "name", "column_repeated")]),
            ("name,email\nx,y\n", [(1, "", "header_unknown")]),
            ("business_id,name\n9900001-8\n", [(2, "", "row_width")]),
            ("business_id,name\n9900001-8,-\n", [(2, "name", "cell_not_emptied")]),
            ('business_id,name\n9900001-8,"x"y\n', [(2, "", "csv_unreadable")]),
            ("business_id,to\n9900001-8,31.12.9999\n", [(2, "to", "day_far_away")]),
            ("business_id,email,name\n9900001-8,a@b.example,A\n", [(2, "", "organisation_unknown")]),
            ("business_id,name,country\n9900001-8,x,XX\n", [(2, "country", "country_unknown")]),
            (
                "business_id,email,from,to\n9900001-8,a@b.example,2.1.2027,1.1.2027\n",
                [(2, "to", "right_ends_before_it_begins")],
            ),
            (
                "channel,name_fi,name_sv,name_en,production,test\nx,a,b,c,no,ei\n",
                [(2, "", "channel_without_environment")],
            ),
        ],
    )
    def test_names_the_line_and_what_to_do(self, app: Flask, file: str, mistakes: list[tuple[int, str, str]]):
        assert refused(file) == mistakes

    def test_a_file_that_is_not_utf_8_is_refused_at_the_line_where_it_shows(self, app: Flask):
        assert refused(ORGANISATIONS.encode("latin-1")) == [(2, "", "import_not_utf8")]

    def test_an_organisation_of_another_country_with_the_same_number_is_no_key(self, app: Flask):
        builders.organisation(business_id="123456", country="NL")
        assert refused("business_id,country,name\n123456,DE,Neu GmbH\n") == [(2, "", "organisation_other_register")]

    def test_åland_and_finland_share_a_register(self, app: Flask):
        builders.organisation(country="FI")
        taken("business_id,country\n9900001-8,AX\n")
        assert registry.organisation_by_business_id("9900001-8").country == "AX"


class TestExcelInFinland:
    @pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
    def test_saves_semicolons_and_a_mark_before_the_text(self, app: Flask, ends: str):
        file = ends.join(["business_id;name;contact_phone", "9900001-8;Mallilön Ab;040 123 4567", ""])
        taken(file.encode("utf-8-sig"))
        assert registry.organisation_by_business_id("9900001-8").contact_phone == "+358401234567"

    def test_may_say_its_delimiter_in_a_first_line(self, app: Flask):
        taken("sep=;\nbusiness_id;name\n9900001-8;Mallilön, Ab\n")
        assert registry.organisation_by_business_id("9900001-8").name == "Mallilön, Ab"
        assert refused("sep=;\nbusiness_id;name\n9900001-9;x\n") == [(3, "business_id", "business_id_check_digit")]


class TestJson:
    def test_takes_every_kind_at_once_whatever_their_order(self, app: Flask):
        file = """{
          "signatories": [{"business_id": "9900001-8", "email": "anna@mallilon.example", "name": "Anna"}],
          "organisations": [{"business_id": "9900001-8", "name": "Mallilön Ab", "contact_email": null}],
          "channels": [{"channel": "ws", "name_fi": "a", "name_sv": "b", "name_en": "c", "test": false, "right_days": 30}],
          "access_rights": [{"business_id": "9900001-8", "channel": "ws"}]
        }"""
        assert [kind for kind, _key, _verb in told(taken(file, "registry.json"))] == [
            "organisations",
            "signatories",
            "channels",
            "access_rights",
        ]
        channel = registry.channel_by_code("ws")
        assert (channel.test, channel.right_days) == (False, 30)

    @pytest.mark.parametrize(
        ("file", "mistakes"),
        [
            ("", [(1, "", "json_expected")]),
            ("{}", [(1, "", "import_empty")]),
            ('{"organisations":\n[\n{"business_id": "9900001-9"}]}', [(3, "business_id", "business_id_check_digit")]),
            ('{"organisations": [\n{"business_id": 1}\n]}', [(2, "business_id", "business_id_form")]),
            ('{"organisations": [\n{"business_id": "9900001-8",\n"nam": ["x"]}\n]}', [(2, "nam", "column_unknown")]),
            ('{"organisations": [\n{"name": {}}\n]}', [(2, "business_id", "row_needs"), (2, "name", "cell_not_plain")]),
            ('{"organisations": [1,\n"x"]}', [(1, "", "json_expected"), (2, "", "json_expected")]),
            ('{"organisations": [\n{"business_id": "x" "name"}]}', [(2, "", "json_unreadable")]),
            ('{"organisations": [\n{"name": "x", "name": "y"}]}', [(2, "name", "column_repeated")]),
            ('{\n"people": []}', [(2, "", "kind_unknown")]),
            ('{"organisations": {}}', [(1, "", "json_expected")]),
            ('{"organisations": []}\nx', [(2, "", "json_unreadable")]),
            ('{"organisations": [' + "[" * 100_000, [(1, "", "json_unreadable")]),
            ('{"organisations": [{"business_id": "9900001-8", "name": "\\ud800"}]}', [(1, "name", "text_control_characters")]),
        ],
    )  # fmt: skip
    def test_names_the_line_of_the_object(self, app: Flask, file: str, mistakes: list[tuple[int, str, str]]):
        assert sorted(refused(file, "registry.json")) == mistakes


class TestTheExamples:
    def test_are_taken_together_and_then_change_nothing(self, app: Flask):
        whole = (EXAMPLES / "registry.json").read_bytes()
        changes = take(read_registry(whole, "registry.json", "FI"), COMMAND)
        assert {change.kind.value for change in changes} == {path.stem for path in EXAMPLES.glob("*.csv")}
        assert {change.verb for change in changes} == {"added"}

        for path in EXAMPLES.glob("*.csv"):
            rows = read_registry(path.read_bytes(), path.name, "FI")
            assert {each.row.kind.value for each in rows} == {path.stem}
            assert difference(rows, COMMAND) == [], path.name
