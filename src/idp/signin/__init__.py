"""The door where a person proves who they are, one step at a time, for a request that waits elsewhere.

It is reached by redirect and leaves by redirect; it knows the waiting interaction and no protocol. Every way in ends in
one place, `finishing.finish`, which opens the session.
"""

from idp.signin.app import routes

__all__ = ["routes"]
