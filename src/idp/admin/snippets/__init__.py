"""Code for whoever builds the service: common libraries, set up for one registration, ready to run.

Owns texts in which the values of a registration are put, each written as a literal of the language that it stands in.
No secret is ever in one: it is named as a variable of the environment.
"""

from idp.admin.snippets.libraries import Library, libraries_of
from idp.admin.snippets.writing import Snippet, written

__all__ = ["Library", "Snippet", "libraries_of", "written"]
