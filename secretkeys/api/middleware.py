"""What holds for every request under the API's prefixes."""

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from orgs.middleware import Handler
from secretkeys.api.errors import is_api


def programs(get_response: Handler) -> Handler:
    """Answer programs here, ahead of what pages need: sessions, CSRF, sign-in.

    The client keeps cookies and sends them back. They are no credential here, and
    reading them would look up a session before the key is checked.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not is_api(request):
            return get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        match = resolve(request.path_info)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response

    return middleware
