"""A small installation to look at: companies, people and two sample services, made through the rooms' own actions.

Everything in it is invented, its passwords are public, and it listens on this machine alone. Made again over a
directory that it left, it continues there; over anything else that holds data it refuses.
"""
