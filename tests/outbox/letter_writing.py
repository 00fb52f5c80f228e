"""A letter to send, for tests of what happens to it on its way."""

from datetime import UTC, datetime

from certportal.outbox.letters import LetterMessage, RenderedLetter

TOKEN = "q7Zt1xV9bN3mK8rWc5YdLhP2sGfJ4uQaTe6XoRiBnE0"
LINK = f"https://portal.example/messages/{TOKEN}"
CODE = "48151623"


def a_letter(to: str = "erik@contact.example", name: str = "", text: str = "", subject: str = "") -> LetterMessage:
    words = RenderedLetter(
        subject or "Säkert meddelande, beställning 2026-000421",
        text or f"Hej Erik!\n\n{LINK}\n\nDin kod är {CODE}.\n.\n..slut\n",
        f'<!DOCTYPE html><p style="margin:0">Hej Erik! <a href="{LINK}">Öppna meddelandet</a></p>',
    )
    return LetterMessage(
        words,
        (name, to),
        "sv",
        "<row-1@portal.example>",
        ("Certportal", "no-reply@portal.example"),
        "support@portal.example",
        datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    )
