"""Template filters for the audit log."""

from django import template

from orgs import audit_words, devices

register = template.Library()

register.filter("event_label", audit_words.label)
register.filter("event_kind", audit_words.kind)


@register.filter
def client(user_agent: str) -> str:
    """Return a browser in words, and what is none as it calls itself."""
    words = devices.device(user_agent)
    return user_agent if words == devices.UNKNOWN else words
