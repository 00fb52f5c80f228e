"""The people of the demo's story. All of them are made up, and so are their organisations, addresses and numbers."""

from typing import Final, NamedTuple

from certportal.identifiers import EmailAddress, Language, PhoneNumber
from certportal.registry.rules import ContactDetails


class Role(NamedTuple):
    """A signatory, and the organisation that they act for."""

    email: str
    business_id: str


BUILDERS: Final = "9900001-8"
BAKERS: Final = "9900002-6"
PAYROLL: Final = "9900003-4"

AINO: Final = Role("aino.esimerkki@exempelholm.example", BUILDERS)
LIISA: Final = Role("liisa.leipuri@leipomo.example", BAKERS)
SAM: Final = Role("sam.sample@palkat.example", PAYROLL)
OPERATOR: Final = ("olli.operaattori@service.example", "Olli Operaattori")


def _contact(
    name: str, company: str, phone: str, email: str, language: Language, second_email: str | None = None
) -> ContactDetails:
    second = EmailAddress.parse(second_email) if second_email else None
    return ContactDetails(name, company, PhoneNumber.parse(phone, "FI"), EmailAddress.parse(email), second, language)


ERIK: Final = _contact(
    "Erik Exempelsson", "Exempelsson Data Ab", "+358 45 700 0021", "erik@exempelsson.example", Language.SV
)
MAIJA: Final = _contact(
    "Maija Mallikas",
    "Malliston Tilitoimisto Oy",
    "+358 45 700 0022",
    "maija.mallikas@mallisto.example",
    Language.FI,
    "varmenteet@mallisto.example",
)
"""She serves all three organisations."""
ELISA: Final = _contact(
    "Elisa Example", "Example Software Ltd", "+358 45 700 0023", "elisa@example-software.example", Language.EN
)
NIILO: Final = _contact(
    "Niilo Näyte", "Näyteohjelmistot Oy", "+358 45 700 0024", "niilo.nayte@nayte.example", Language.FI
)
TEST: Final = _contact(
    "Test Testström", "Modell Programvara Ab", "+46 70 123 00 00", "test.teststrom@modell.example", Language.SV
)
"""The demo's gateway takes no number that ends in 0000."""
KALLE: Final = _contact(
    "Kalle Kokeilija", "Malliohjelmat Oy", "+358 45 700 0025", "kalle@nowhere.malli.example", Language.FI
)
"""The demo's mail server takes nothing for nowhere."""
TUOMAS: Final = ("Tuomas Testaaja", "tuomas.testaaja@palkat.example", "+358 45 700 0031")
"""He asks to be let in."""
