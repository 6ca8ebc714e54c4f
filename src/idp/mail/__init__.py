"""The door through which letters leave: what the outbox tells people, in their language, by SMTP or into files.

It says what has happened and decides nothing. A letter that has to be sent again is the same letter, with the same
Message-ID. Addresses and names are looked up when it is written; none of them is logged, nor stands in an error.
"""

from idp.mail.files import Files
from idp.mail.message import Mailbox
from idp.mail.sending import Post, Transport
from idp.mail.smtp import Smtp

__all__ = ["Files", "Mailbox", "Post", "Smtp", "Transport"]
