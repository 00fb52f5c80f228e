"""What the tests of identifiers share: the code of a refusal, and texts as hostile as they come."""

from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from certportal.refusals import Refusal

any_text = st.text(st.characters(), max_size=80)
"""Any code point, lone surrogates and NUL among them."""


def refusal(call: Callable[[], object]) -> Refusal:
    """The refusal that `call` raises; anything else fails the test."""
    with pytest.raises(Refusal) as caught:
        call()
    return caught.value
