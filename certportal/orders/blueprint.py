"""The blueprint of orders, and what its views share."""

from flask import Blueprint, current_app, url_for

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


def place(*endpoints: str) -> str:
    """The address of the first of these pages that this installation has; the start page if it has none of them."""
    known = [endpoint for endpoint in endpoints if endpoint in current_app.view_functions]
    return url_for(known[0] if known else "home.start")
