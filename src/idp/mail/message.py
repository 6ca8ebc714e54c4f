"""A letter as it goes over the wire (RFC 5322)."""

import re
import unicodedata
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import NamedTuple

from idp.delivery import Impossible

# Line ends would begin a header of their own (attack L9); the others make a name look like another.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f<>\"(),:;@\[\\\]]+@[^\s\x00-\x1f\x7f<>\"(),:;@\[\\\]]+")
_LONGEST_NAME = 100


class Mailbox(NamedTuple):
    name: str
    address: str


class Letter(NamedTuple):
    to: tuple[Mailbox, ...]
    subject: str
    text: str
    html: str
    language: str


def message(letter: Letter, *, sender: Mailbox, message_id: str, date: datetime) -> EmailMessage:
    """Raises `Impossible` where an address is none."""
    made = EmailMessage(policy=SMTP.clone(utf8=any(not box.address.isascii() for box in letter.to)))
    try:
        made["From"] = _address(sender)
        made["To"] = tuple(map(_address, letter.to))
        made["Subject"] = one_line(letter.subject)
    except (ValueError, IndexError, MessageError):
        raise Impossible("bad_address") from None
    made["Date"] = date
    made["Message-ID"] = f"<{message_id}@{sender.address.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers
    made.set_content(letter.text, cte="base64")
    made.add_alternative(letter.html, subtype="html", cte="base64")
    made["Content-Language"] = letter.language
    for part in made.iter_parts():
        del part["MIME-Version"]
    made.set_boundary(f"part-{message_id}")  # the same letter each time, to the byte
    return made


def one_line(text: str) -> str:
    return unicodedata.normalize("NFC", _UNSEEN.sub(" ", text)).strip()


def _address(box: Mailbox) -> Address:
    if _ADDRESS.fullmatch(box.address) is None:
        raise Impossible("bad_address")
    local, _, domain = box.address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    return Address(one_line(box.name)[:_LONGEST_NAME], local, domain)
