"""Contracts: the tenant's right to use a product for a term, from application to erasure.

Owns the state machine, the calendar of terms and the history of both. Never asks who may act (doors do) nor whether a
person gets in (the gate does); it says what a contract's state and dates allow, as of the instant it is given.
"""
