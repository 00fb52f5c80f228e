"""Every table of the house in one place, so that migrations and tests know them all."""

from certportal import audit, clock, runs
from certportal.access import models as access
from certportal.certificates import models as certificates
from certportal.messages import models as messages
from certportal.notices import models as notices
from certportal.orders import models as orders
from certportal.outbox import models as outbox
from certportal.registry import admission_models as admissions
from certportal.registry import models as registry
from certportal.signin import models as signin

ROOMS = (clock, audit, runs, outbox, registry, admissions, signin, messages, orders, certificates, access, notices)
