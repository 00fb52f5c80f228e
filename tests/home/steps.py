"""Steps that tests of the home room share."""

from certportal.registry.models import Person
from certportal.signin import service as signin
from tests.browsing import BrowsingClient


def sign_in(client: BrowsingClient, person: Person) -> None:
    """Sign in as the demo's bar does: a session of one's own, its token in the browser's signed cookie."""
    token = signin.begin(person_id=person.id)
    with client.http.session_transaction(base_url="http://localhost") as session:
        session["token"] = token.reveal()
        session["seen"] = int(client.app.extensions["certportal.clock"].machine().timestamp())
