"""What other rooms ask of the register of certificates."""

from certportal.ca import Reason
from certportal.certificates.answering import answers_until, sample, sign_answers
from certportal.certificates.authorities import authority, initialise, issuing_lines, present, warm
from certportal.certificates.contact_renewal import allow as allow_contact
from certportal.certificates.contact_renewal import forbid as forbid_contact
from certportal.certificates.ending import will_be_renewed, will_not_be_renewed
from certportal.certificates.enrolment import (
    enrol,
    enrol_by_program,
    enrol_opened,
    enrol_typed,
    finish,
    resume_prepared,
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
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.renewal import presented, renew
from certportal.certificates.revocation import revoke, revoke_within
from certportal.certificates.revocation_lists import (
    publish,
    publish_all,
    publish_crls,
    publish_soon,
    published_bundle,
    published_crl,
)

__all__ = [
    "Certificate",
    "CertificateState",
    "ChannelUse",
    "Collected",
    "Group",
    "Listing",
    "Reason",
    "Relations",
    "Wanted",
    "activity",
    "allow_contact",
    "answers_until",
    "authority",
    "by_retrieval_id",
    "by_serial",
    "certificate",
    "certificates_of",
    "channels_used",
    "collected",
    "enrol",
    "enrol_by_program",
    "enrol_opened",
    "enrol_typed",
    "finish",
    "forbid_contact",
    "give_up",
    "in_force_together",
    "initialise",
    "issuing_lines",
    "listing",
    "next_stem",
    "of_order",
    "of_organisation",
    "open_replacement",
    "order_number_of_codes",
    "others_on_channel",
    "present",
    "presented",
    "publish",
    "publish_all",
    "publish_crls",
    "publish_soon",
    "published_bundle",
    "published_crl",
    "relations",
    "renew",
    "resume_prepared",
    "revoke",
    "revoke_within",
    "sample",
    "search",
    "sign_answers",
    "stem_of",
    "successor_of",
    "unsigned_of",
    "using_channel",
    "warm",
    "will_be_renewed",
    "will_not_be_renewed",
]
