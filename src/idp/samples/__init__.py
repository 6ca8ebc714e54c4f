"""Two small services of somebody else's, for trying out sign-in: they speak to the provider over HTTP, as any service
does, one by OpenID Connect and one by SAML.

They take from the package the look of the pages and nothing more: no room, no unit, no database. The protocols are
Authlib's and pysaml2's, as published. `python -m idp.samples FILE:SOCKETS …` serves what each file describes, in one
process; it is for demonstrations, keeps who is signed in in memory, and listens on loopback only.
"""
