"""The far ends that tests talk to: a real SMTP server and an SMS gateway over HTTP, both on loopback, both scriptable.

with SmtpFarEnd() as smtp, SmsFarEnd() as sms:
    smtp.script("rcpt", "451 4.2.1 Try later")   # the next RCPT TO only; DROP and HANG are answers too
    smtp.always("connect", "554 Closed today")   # until smtp.heal()
    ...
    assert smtp.messages.wait_for(1)[0].subject == "Your sign-in code"
"""

from tests.far_ends.script import DROP, HANG, HOST
from tests.far_ends.sms import ReceivedSms, SmsFarEnd
from tests.far_ends.smtp import ReceivedMail, SmtpFarEnd

__all__ = ["DROP", "HANG", "HOST", "ReceivedMail", "ReceivedSms", "SmsFarEnd", "SmtpFarEnd"]
