"""What can be wrong in an import file, with the line on which it is."""

from dataclasses import dataclass

from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.sentences import sentence


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, on which line (from 1), in which column (empty: in the row as a whole)."""

    line: int
    column: str
    refusal: Refusal

    @property
    def text(self) -> str:
        """The mistake as a sentence in the language being written."""
        said = sentence(self.refusal)
        if self.column:
            return gettext("Line %(line)s, %(column)s: %(sentence)s", line=self.line, column=self.column, sentence=said)
        return gettext("Line %(line)s: %(sentence)s", line=self.line, sentence=said)


class ImportRefused(Refusal):
    """A file with mistakes, of which nothing was taken."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("import_refused", count=len(mistakes))
        self.mistakes = sorted(mistakes, key=lambda mistake: mistake.line)


class Unreadable(Exception):
    """Reading the file cannot go on after this mistake."""

    def __init__(self, line: int, code: str, column: str = "", **details: object) -> None:
        super().__init__(code)
        self.mistake = Mistake(line, column, Refusal(code, **details))
