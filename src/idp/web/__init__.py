"""The hallway between the network and the doors: what every request passes whichever protocol it speaks, and what
people see on the way.

It makes a request canonical (host, path, client address), bounds it, names it with a reference, reads forms and JSON
strictly, sends it to its door, and renders the pages, their languages and a tenant's look. It decides nothing about
identity and speaks no protocol of a door.
"""
