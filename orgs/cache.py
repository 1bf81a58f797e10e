"""The shared cache, which outlives its server."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _or_local(name: str) -> Callable[..., Any]:
    def method(self: "FallbackCache", *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(RedisCache, name)(self, *args, **kwargs)
        except RedisError as error:
            logger.warning("Redis did not answer: %s", type(error).__name__)
            return getattr(self.local, name)(*args, **kwargs)

    return method


class FallbackCache(RedisCache):
    """Redis, or the memory of this process while Redis does not answer.

    What is kept here are limits on attempts: without Redis each process counts for
    itself, which is looser, and people can still sign in.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.local = LocMemCache("fallback", params)

    add = _or_local("add")
    get = _or_local("get")
    set = _or_local("set")
    touch = _or_local("touch")
    delete = _or_local("delete")
    incr = _or_local("incr")
    has_key = _or_local("has_key")
    get_many = _or_local("get_many")
    set_many = _or_local("set_many")
    delete_many = _or_local("delete_many")
    clear = _or_local("clear")
