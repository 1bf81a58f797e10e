from django.urls import include, path

from orgs.admin import site

handler400 = "secretkeys.api.errors.bad_request"
handler403 = "secretkeys.api.errors.permission_denied"
handler404 = "secretkeys.api.errors.page_not_found"
handler500 = "secretkeys.api.errors.server_error"

urlpatterns = [
    path("", include("secretkeys.api.urls")),
    path("", include("orgs.urls")),
    path("org/<uuid:organization_id>/", include("secretkeys.urls")),
    path("admin/", site.urls),
    path("account/", include("orgs.account_urls")),
]
