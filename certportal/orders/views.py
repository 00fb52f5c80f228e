"""The pages of orders: applying for a certificate, and following what becomes of it."""

from certportal.orders import applying, beginning, following, reconsidering, renewing
from certportal.orders.blueprint import blueprint

__all__ = ["applying", "beginning", "blueprint", "following", "reconsidering", "renewing"]
