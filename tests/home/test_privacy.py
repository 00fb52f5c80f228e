"""The privacy page names what the tables hold about people, in each language."""

import pytest
from flask import Flask

TOLD = {
    "en": ("mobile number if given", "which network address", "Operators:", "Those who ask for access:"),
    "fi": ("matkapuhelinnumero, jos se on annettu", "mistä verkko-osoitteesta", "Ylläpitäjät:", "Pääsyä pyytävät:"),
    "sv": (
        "mobilnummer om det har uppgetts",
        "vilken nätverksadress",
        "Tjänstens administratörer:",
        "De som ber om tillträde:",
    ),
}


@pytest.mark.parametrize("language", TOLD)
def test_numbers_network_addresses_operators_and_those_who_ask_are_named(app: Flask, language: str) -> None:
    page = app.test_client().get("/privacy", headers={"Accept-Language": language}).get_data(as_text=True)
    assert [words for words in TOLD[language] if words not in page] == []
