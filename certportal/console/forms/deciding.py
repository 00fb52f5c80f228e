"""The operator's decision on an application, channel by channel."""

from collections.abc import Iterable, Mapping
from typing import Any

from certportal.access.rules import LONGEST_REASON, Decision
from certportal.fields import ChoiceField, Form, PlainTextField
from certportal.languages import lazy_gettext as _l
from certportal.refusals import Refusal
from certportal.sentences import sentence

GRANT, REFUSE = "grant", "refuse"


class DecisionForm(Form):
    """Made by ``decision_form``: for each channel that waits ``decision_<id>`` and, for a refusal, ``reason_<id>``.

    A channel that is not decided waits on.
    """

    channel_ids: tuple[int, ...] = ()

    def rows(self) -> Iterable[tuple[int, Any, Any]]:
        """Channel id, its decision's field and its reason's."""
        return [(each, self[f"decision_{each}"], self[f"reason_{each}"]) for each in self.channel_ids]

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        for _channel_id, decision, reason in self.rows():
            if decision.data != REFUSE and not reason.raw:
                reason.errors = ()
            elif decision.data == REFUSE and not reason.data and not reason.errors:
                reason.errors = (sentence(Refusal("decision_reason_missing")),)
        decided = any(decision.data for _channel_id, decision, _reason in self.rows())
        first = self[f"decision_{self.channel_ids[0]}"] if self.channel_ids else None
        if valid and not decided and first is not None:
            first.errors = (sentence(Refusal("decision_missing")),)
        return not any(field.errors for field in self)

    def decisions(self) -> dict[int, Decision]:
        """What was decided, by channel; only of a form that is valid."""
        return {
            channel_id: Decision(decision.data == GRANT, reason.data or "")
            for channel_id, decision, reason in self.rows()
            if decision.data in (GRANT, REFUSE)
        }


def decision_form(names: Mapping[int, str], **kwargs: Any) -> DecisionForm:
    """A form for these channels (id → name in the reader's language)."""
    fields: dict[str, Any] = {"channel_ids": tuple(names)}
    for channel_id, name in names.items():
        fields[f"decision_{channel_id}"] = ChoiceField(
            name, required=False, choices=[(GRANT, _l("Approve")), (REFUSE, _l("Refuse"))]
        )
        fields[f"reason_{channel_id}"] = PlainTextField(
            _l("Reason for the refusal"),
            limit=LONGEST_REASON,
            keep_lines=True,
            required=False,
            description=_l("Stands in the letter to the signatory as you write it"),
        )
    return type("DecisionForm", (DecisionForm,), fields)(**kwargs)
