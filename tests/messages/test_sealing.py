"""Once the mail is sent, neither the database nor the link alone opens the message."""

import pytest
import sqlalchemy as sa

from certportal.extensions import db
from certportal.messages import service
from certportal.messages.links import token_hash
from certportal.messages.models import SecureMessage
from certportal.outbox.models import OutboxRow
from certportal.secrecy import Secret, Unsealable, derived_key, keyed_hash, message_key, unseal
from certportal.settings import current_settings
from tests.messages.steps import Phone, Post, dump, issued


@pytest.fixture
def password(post: Post) -> str:
    sealed = service.transfer_password(post.message, post.token)
    assert sealed is not None
    return sealed.reveal()


def test_the_database_holds_neither_the_password_nor_the_link(post: Post, password: str) -> None:
    whole = dump()
    assert post.codes.transfer_id in whole, "the dump is the whole database"
    assert password not in whole
    assert post.token not in whole
    assert password.encode().hex().upper() not in whole
    assert post.token.encode().hex().upper() not in whole


def test_the_outboxs_copy_of_the_link_is_encrypted_while_it_waits_and_erased_when_the_mail_is_accepted(
    post: Post,
) -> None:
    issued(post.organisation, post.orderer, post.contact, order_id=2)
    rows = db.session.scalars(sa.select(OutboxRow).order_by(OutboxRow.id)).all()
    assert rows[0].secret is None
    assert rows[1].secret
    assert len(rows[1].secret) > 43


def test_the_database_and_the_server_key_without_the_link_do_not_unseal(post: Post) -> None:
    message, key = post.message, current_settings().secret_key
    assert message.sealed is not None
    for guess in (message.token_hash, "", post.codes.password_hash, post.codes.transfer_id):
        with pytest.raises(Unsealable):
            unseal(message_key(key, Secret(guess)), message.sealed, message.associated)
    with pytest.raises(Unsealable):
        unseal(derived_key(key, "secure message"), message.sealed, message.associated)


def test_the_database_and_the_link_without_the_server_key_do_not_unseal(post: Post) -> None:
    message = post.message
    assert message.sealed is not None
    with pytest.raises(Unsealable):
        unseal(message_key(b"another server's key", Secret(post.token)), message.sealed, message.associated)


def test_what_was_sealed_in_one_message_does_not_open_in_another(post: Post) -> None:
    other = issued(post.organisation, post.orderer, post.contact, order_id=2)
    message, key = post.message, current_settings().secret_key
    assert message.sealed is not None
    with pytest.raises(Unsealable):
        unseal(message_key(key, Secret(post.token)), message.sealed, f"secure_message:{other.message_id}")


def test_the_link_and_what_is_kept_of_it_are_hashed_for_a_purpose_of_their_own(post: Post) -> None:
    key = current_settings().secret_key
    assert post.message.token_hash == token_hash(Secret(post.token)) == keyed_hash(key, "message link", post.token)
    assert post.message.token_hash != keyed_hash(key, "message opening", post.token)


def test_two_messages_never_share_token_password_or_seal(post: Post) -> None:
    issued(post.organisation, post.orderer, post.contact, order_id=2)
    messages = db.session.scalars(sa.select(SecureMessage)).all()
    assert len({message.token_hash for message in messages}) == 2
    assert len({message.sealed for message in messages}) == 2


def test_nothing_secret_is_in_the_log(
    post: Post, password: str, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.messages.test_pins import sent

    caplog.set_level("DEBUG")
    sent(post)
    pin = phone.pin()
    assert pin not in caplog.text
    assert post.token not in caplog.text
    assert password not in caplog.text
