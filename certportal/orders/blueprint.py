"""The blueprint of orders, and what its views share."""

from flask import Blueprint, current_app, request, url_for

LARGEST = 2**31 - 1
DRAFT = f"/drafts/<int(max={LARGEST}):draft_id>"
"""A draft's address; what no database can number is not found."""

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


def place(*endpoints: str) -> str:
    """The address of the first of these pages that this installation has; the start page if it has none of them."""
    known = [endpoint for endpoint in endpoints if endpoint in current_app.view_functions]
    return url_for(known[0] if known else "home.start")


def version_sent() -> int:
    """The version that a form was made of; 0, which nothing has, for anything else."""
    version = request.form.get("version", 0, type=int)
    return version if 0 <= version <= LARGEST else 0
