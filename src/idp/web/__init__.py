"""The hallway between the network and the doors.

Owns what every request meets before a door reads it: the wire protocol and its limits, one canonical host, path and
client address, body limits, the reference by which a request is found again, security headers, dispatch, and strict
readers for forms and JSON. Knows nothing of protocols, tenants' data or permissions, and must never decide who may do
what.
"""
