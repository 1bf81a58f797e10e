"""What holds for every request under the API's prefixes."""

from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from orgs.middleware import Handler
from secretkeys.api.errors import is_api


def without_cookies(get_response: Handler) -> Handler:
    """Leave a program's cookies unread: they are no credential here.

    The client keeps cookies and sends them back. Reading them would look up a session
    before the key is checked, and might set them anew.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if is_api(request):
            request.META.pop("HTTP_COOKIE", None)
        return get_response(request)

    return middleware


class PagePolicy(CSPMiddleware):
    """A Content-Security-Policy for pages only.

    What programs read is no page, and writing a policy costs a sixth of its answer.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        return (
            response if is_api(request) else super().process_response(request, response)
        )
