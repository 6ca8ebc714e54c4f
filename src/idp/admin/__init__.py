"""The door of programs: the admin API, JSON over HTTP below `/api`.

It says who may ask for what (a table of routes, each with its permission and the scopes of keys), reads documents
strictly, lets the rooms judge and act inside one unit of work for each request, and shows what they hold. It decides
nothing about contracts, people or services, keeps no secret but for the day on which an answer may be asked for again,
and never tells a caller that something exists which the caller may not read.
"""

from idp.admin.answers import Answer, File
from idp.admin.app import build
from idp.admin.inside import ask
from idp.admin.repeats import SWEEPS
from idp.admin.shapes.configuration import configuration_schema

__all__ = ["SWEEPS", "Answer", "File", "ask", "build", "configuration_schema"]
