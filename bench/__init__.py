"""Measurements of the running product against npm oidc-provider and pysaml2, and the budgets that they must keep.

Everything is measured from outside: processes pinned to a core each, requests over loopback, times from the kernel.
Nothing here is imported by the product, and nothing of the product is imported here, but by `decisions` for the time of
one call, which no request shows.
"""
