"""Letters handed to a mail server (RFC 5321): in clear to a relay next door, over TLS from the start, or by STARTTLS.

An answer of 4xx is an outage, one of 5xx to the recipient or the letter is final; what is wrong with our own account
there can be put right, and is tried again.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from idp.delivery import Impossible, PutOff
from idp.kit.clock import monotonic
from idp.kit.smtp_urls import Security, SmtpAddress

_PATIENCE = 10.0  # seconds for each answer
_FOR_THE_LETTER = 3.0  # seconds: with less left of the lease it is not begun


class Smtp:
    def __init__(self, address: SmtpAddress, *, extra_ca: Path | None = None, patience: float = _PATIENCE) -> None:
        """`extra_ca` are further authorities, in PEM, whose servers are believed."""
        self._address = address
        self._patience = patience
        self._extra_ca = extra_ca

    def deliver(self, message: EmailMessage, name: str, *, until: float) -> None:  # noqa: ARG002 - it is in the letter
        """Raises `PutOff` and `Impossible`."""
        with _understood(), self._connected(until) as server:
            server.ehlo_or_helo_if_needed()
            if self._address.user:
                try:
                    server.login(self._address.user, self._address.password)
                except smtplib.SMTPException:
                    raise PutOff("smtp_login_failed") from None
            if until - monotonic() < _FOR_THE_LETTER:
                raise PutOff("smtp_slow")
            if server.sock is not None:  # a second sender begins when the lease is over
                server.sock.settimeout(min(self._patience, until - monotonic()))
            server.send_message(message)

    @contextmanager
    def _connected(self, until: float) -> Iterator[smtplib.SMTP]:
        patience = max(0.1, min(self._patience, until - monotonic()))
        host, port = self._address.host, self._address.port
        server: smtplib.SMTP
        if self._address.security is Security.TLS:
            server = smtplib.SMTP_SSL(host, port, timeout=patience, context=self._trust())
        else:
            server = smtplib.SMTP(host, port, timeout=patience)
        try:
            if self._address.security is Security.STARTTLS:
                server.starttls(context=self._trust())
            yield server
        except BaseException:
            server.close()
            raise
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):  # it has the letter
            server.close()

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._extra_ca is not None:
            context.load_verify_locations(self._extra_ca)
        return context


@contextmanager
def _understood() -> Iterator[None]:
    """What servers say may name people: only the number of it is kept."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        if all(500 <= code < 600 for code in codes):
            raise Impossible(f"smtp_{codes[0]}") from None
        raise PutOff(f"smtp_{codes[0]}") from None
    except smtplib.SMTPDataError as refused:
        failure = Impossible if refused.smtp_code >= 500 else PutOff
        raise failure(f"smtp_{refused.smtp_code}") from None
    except smtplib.SMTPNotSupportedError:
        raise PutOff("smtp_not_supported") from None
    except smtplib.SMTPResponseException as refused:
        raise PutOff(f"smtp_{refused.smtp_code}") from None
    except ssl.SSLError:
        raise PutOff("smtp_tls_failed") from None
    except (smtplib.SMTPException, OSError):
        raise PutOff("smtp_unreachable") from None
