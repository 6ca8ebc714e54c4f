"""The door of a person's own page: what services have of them, where they are signed in, their second factor.

It shows and ends what is theirs and nothing else's. Whatever adds or takes away a way to sign in wants a fresh sign-in
first, which the door for that makes: this one keeps a waiting interaction and is come back to.
"""

from idp.portal.app import routes

__all__ = ["routes"]
