"""The pages of account managers: Django's admin over what they decide, nothing else.

Any active member of the platform's staff may do all of it. No page shows a key or an
account, and every change goes through ``orgs.actions``.
"""

# Each registers its pages.
from orgs.admin import catalogue, organizations
from orgs.admin.site import site

__all__ = ["catalogue", "organizations", "site"]
