"""What other rooms ask of the register of certificates."""

from certportal.ca import Reason
from certportal.certificates.aftermath import Settled, settle, take_back_of_organisation
from certportal.certificates.answering import answers_until, sample, sign_answers, signed_ahead, unanswered
from certportal.certificates.asking import ask_for_page
from certportal.certificates.authorities import authority, initialise, issuing_lines, present, warm
from certportal.certificates.by_key import issued_by_serial, proof_text, revoke_by_key
from certportal.certificates.contact_renewal import allow as allow_contact
from certportal.certificates.contact_renewal import forbid as forbid_contact
from certportal.certificates.ending import will_be_renewed, will_not_be_renewed
from certportal.certificates.enrolment import (
    enrol,
    enrol_opened,
)
from certportal.certificates.giving_up import give_up, unsigned_of
from certportal.certificates.lines import Group
from certportal.certificates.listing import Listing, Wanted, channels_used, listing
from certportal.certificates.lookups import (
    ChannelUse,
    Collected,
    Relations,
    activity,
    by_retrieval_id,
    by_serial,
    certificate,
    certificates_of,
    collected,
    in_force_together,
    next_stem,
    of_order,
    of_organisation,
    open_replacement,
    order_number_of_codes,
    others_on_channel,
    relations,
    search,
    stem_of,
    successor_of,
    using_channel,
)
from certportal.certificates.lost_keys import renewed_with_key, same_key
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.page_links import without_right
from certportal.certificates.planning import plan_revocation, revoke_planned, take_back_plan
from certportal.certificates.renewal import presented, renew
from certportal.certificates.revocation import revoke, revoke_within
from certportal.certificates.revocation_lists import (
    is_listed,
    publish,
    publish_all,
    publish_crls,
    publish_soon,
    published_bundle,
    published_crl,
    unlisted_since,
)
from certportal.certificates.rules import Aftermath, operator_mends
from certportal.certificates.signing import finish, resume_prepared
from certportal.certificates.telling import tell_plan

__all__ = [
    "Aftermath",
    "Certificate",
    "CertificateState",
    "ChannelUse",
    "Collected",
    "Group",
    "Listing",
    "Reason",
    "Relations",
    "Settled",
    "Wanted",
    "activity",
    "allow_contact",
    "answers_until",
    "ask_for_page",
    "authority",
    "by_retrieval_id",
    "by_serial",
    "certificate",
    "certificates_of",
    "channels_used",
    "collected",
    "enrol",
    "enrol_opened",
    "finish",
    "forbid_contact",
    "give_up",
    "in_force_together",
    "initialise",
    "is_listed",
    "issued_by_serial",
    "issuing_lines",
    "listing",
    "next_stem",
    "of_order",
    "of_organisation",
    "open_replacement",
    "operator_mends",
    "order_number_of_codes",
    "others_on_channel",
    "plan_revocation",
    "present",
    "presented",
    "proof_text",
    "publish",
    "publish_all",
    "publish_crls",
    "publish_soon",
    "published_bundle",
    "published_crl",
    "relations",
    "renew",
    "renewed_with_key",
    "resume_prepared",
    "revoke",
    "revoke_by_key",
    "revoke_planned",
    "revoke_within",
    "same_key",
    "sample",
    "search",
    "settle",
    "sign_answers",
    "signed_ahead",
    "stem_of",
    "successor_of",
    "take_back_of_organisation",
    "take_back_plan",
    "tell_plan",
    "unanswered",
    "unlisted_since",
    "unsigned_of",
    "using_channel",
    "warm",
    "will_be_renewed",
    "will_not_be_renewed",
    "without_right",
]
