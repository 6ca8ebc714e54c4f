"""A small service of somebody else's, for trying out sign-in: it speaks to the provider over HTTP, as any service does.

It takes from the package the look of the pages and nothing more: no room, no unit, no database. Its OpenID Connect is
Authlib's client as published. `python -m idp.samples FILE` serves what the file describes; it is for demonstrations,
keeps who is signed in to it in memory, and listens on loopback only.
"""
