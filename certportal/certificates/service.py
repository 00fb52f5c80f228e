"""What other rooms ask of the register of certificates."""

from certportal.ca import Reason
from certportal.certificates.aftermath import Settled, settle, take_back_of_organisation
from certportal.certificates.answering import sign_answers
from certportal.certificates.asking import ask_for_page
from certportal.certificates.authorities import authority, initialise, issuing_lines, present, warm
from certportal.certificates.by_key import issued_by_serial, proof_text, revoke_by_key
from certportal.certificates.ending import will_be_renewed, will_not_be_renewed
from certportal.certificates.enrolment import enrol, enrol_opened, enrol_typed, finish, resume_prepared
from certportal.certificates.giving_up import give_up, unsigned_of
from certportal.certificates.lines import Group
from certportal.certificates.listing import Listing, Wanted, channels_used, listing
from certportal.certificates.lookups import (
    ChannelUse,
    Relations,
    activity,
    by_retrieval_id,
    by_serial,
    certificate,
    certificates_of,
    of_order,
    of_organisation,
    open_replacement,
    others_on_channel,
    relations,
    search,
    using_channel,
)
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.planning import plan_revocation, revoke_planned, take_back_plan
from certportal.certificates.revocation import revoke, revoke_within
from certportal.certificates.revocation_lists import (
    publish,
    publish_all,
    publish_crls,
    publish_soon,
    published_bundle,
    published_crl,
)
from certportal.certificates.rules import Aftermath
from certportal.certificates.telling import tell_plan

__all__ = [
    "Aftermath",
    "Certificate",
    "CertificateState",
    "ChannelUse",
    "Group",
    "Listing",
    "Reason",
    "Relations",
    "Settled",
    "Wanted",
    "activity",
    "ask_for_page",
    "authority",
    "by_retrieval_id",
    "by_serial",
    "certificate",
    "certificates_of",
    "channels_used",
    "enrol",
    "enrol_opened",
    "enrol_typed",
    "finish",
    "give_up",
    "initialise",
    "issued_by_serial",
    "issuing_lines",
    "listing",
    "of_order",
    "of_organisation",
    "open_replacement",
    "others_on_channel",
    "plan_revocation",
    "present",
    "proof_text",
    "publish",
    "publish_all",
    "publish_crls",
    "publish_soon",
    "published_bundle",
    "published_crl",
    "relations",
    "resume_prepared",
    "revoke",
    "revoke_by_key",
    "revoke_planned",
    "revoke_within",
    "search",
    "settle",
    "sign_answers",
    "take_back_of_organisation",
    "take_back_plan",
    "tell_plan",
    "unsigned_of",
    "using_channel",
    "warm",
    "will_be_renewed",
    "will_not_be_renewed",
]
