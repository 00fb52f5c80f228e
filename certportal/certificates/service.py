"""What other rooms ask of the register of certificates."""

from certportal.ca import Reason
from certportal.certificates.authorities import authority, initialise, present
from certportal.certificates.ending import will_be_renewed, will_not_be_renewed
from certportal.certificates.enrolment import enrol, enrol_by_program, enrol_opened, enrol_typed, finish, resume_prepared
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
    of_order,
    of_organisation,
    open_replacement,
    order_number_of_codes,
    others_on_channel,
    relations,
    search,
    using_channel,
)
from certportal.certificates.models import Certificate, CertificateState, Signer
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
    "Signer",
    "Wanted",
    "activity",
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
    "give_up",
    "initialise",
    "listing",
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
    "search",
    "unsigned_of",
    "using_channel",
    "will_be_renewed",
    "will_not_be_renewed",
]
