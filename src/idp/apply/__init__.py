"""The public door for applications: a form, a look at what will be sent, and a reference.

It files what the admin API would file, by the same action, and decides nothing itself. Nobody is signed in here: what
it says of tenants that exist is what their addresses say, and each network may send a few applications in an hour.
"""

from idp.apply.app import routes

__all__ = ["routes"]
