"""Numbers of rows in addresses and forms: one that no row can have is not found, whatever its size."""

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

from certportal.routing import LARGEST, row_number

TOO_LARGE = (str(LARGEST + 1), "9" * 19, "9" * 30, "9" * 5_000)


@pytest.mark.parametrize("number", TOO_LARGE)
@pytest.mark.parametrize(
    "address", ["/certificates/{}", "/certificates/{}/notices", "/terms/{}", "/desk/orders/certificates/{}"]
)
def test_an_address_with_a_number_that_no_row_has_is_not_found(app: Flask, address: str, number: str) -> None:
    adapter = app.url_map.bind("localhost")
    with pytest.raises(NotFound):
        adapter.match(address.format(number))


def test_the_largest_number_still_leads_somewhere(app: Flask) -> None:
    endpoint, values = app.url_map.bind("localhost").match(f"/certificates/{LARGEST}")
    assert (endpoint, values) == ("certificates.show", {"certificate_id": LARGEST})


@pytest.mark.parametrize("text", [*TOO_LARGE, "", "-1", "1.0", "٣", "one", " 1"])
def test_what_a_form_sends_as_a_number_is_one_that_a_row_can_have(text: str) -> None:
    with pytest.raises(ValueError, match="no number of a row"):
        row_number(text)


def test_a_number_of_a_row_is_read() -> None:
    assert row_number("17") == 17
