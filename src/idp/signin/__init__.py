"""The door where a person proves who they are, one step at a time, for a request that waits elsewhere.

It is reached by redirect and leaves by redirect; it knows the waiting interaction and no protocol. What has been proved
lies with the interaction on the server, and `steps.next_step` says from it, from what the request needs and from the
factors of the person what comes next. Steps lead to `dispatching.advance` and never to one another; there alone it is
decided that nothing is missing, and `finishing.finish` opens or raises the session.

A further factor (passkey, recovery code, another provider) is one more `Method` of `sessions`, one member of `Step` in
`steps`, and one module here with `page` and `attempt`, listed in `app`: it proves, calls `advance`, and is done.
"""

from idp.signin.app import routes

__all__ = ["routes"]
