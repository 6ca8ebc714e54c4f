"""The door of SAML 2.0: it speaks the protocol and decides nothing.

What comes in is decoded strictly, believed as far as its sender has signed it, and read from nothing but the bytes that
the signature covers. Each assertion is made from an `Admission` of the gate, and names whom it is for, which request it
answers and until when, inside what is signed. Nothing is ever decrypted here, fetched, or made from a template of text;
services are called only to tell them of a logout.
"""

from idp.saml.app import routes
from idp.saml.direct import DirectLogout
from idp.saml.sweeping import SWEEPS

__all__ = ["SWEEPS", "DirectLogout", "routes"]
