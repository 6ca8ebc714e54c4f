"""Federated services: what a tenant has registered for single sign-on, and who is assigned to it.

Owns the registrations of both protocols, the secrets of their clients (as hashes) and the assignments. Decides what
may be registered and which address an answer may go to. It never decides who may use a service now (that is the gate),
never speaks a protocol, and never gives a secret back after the moment of its birth.
"""
