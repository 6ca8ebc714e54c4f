"""How somebody proves who they are: passwords of people, keys of programs, and what a key allows.

Owns password hashes, API keys and the count of failed attempts. It answers "this is that identity" or "no" in one and
the same way for every reason, and never says which. It never keeps a secret in clear, never gives one back, never
decides about services (that is the gate), and never hashes a password inside a transaction.
"""
