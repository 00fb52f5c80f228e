"""The pages of contacts: the list, one contact and its change, and the correction of an order's contact."""

from certportal.contacts import for_orders, keeping
from certportal.contacts.blueprint import blueprint

__all__ = ["blueprint", "for_orders", "keeping"]
