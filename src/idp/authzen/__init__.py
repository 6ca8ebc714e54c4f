"""The door for services that ask whether a person may (AuthZEN Authorization API 1.0).

The tenant is the policy decision point, and every question goes through the same decision as a sign-in. The answer
names no rule: who may read rules asks the admin API with the reference. Every evaluation is recorded.
"""

from idp.authzen.app import routes

__all__ = ["routes"]
