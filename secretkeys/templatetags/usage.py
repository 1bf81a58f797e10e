"""What pages about usage say alike."""

from django import template
from django.conf import settings

from secretkeys import usage_words

register = template.Library()


@register.simple_tag
def counted_words() -> str:
    """Say when requests are counted."""
    return usage_words.counted_words(settings.USAGE_FLUSH_SECONDS)
