from django.urls import include, path, register_converter

from orgs.categories import Category
from secretkeys import keyformat, views


class KeyIdConverter:
    """The 16 characters of a key id."""

    regex = rf"[0-9A-Za-z]{{{keyformat.ID_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class ReferenceConverter:
    """The request id of an answer, 32 hexadecimal digits."""

    regex = "[0-9a-f]{32}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class CategoryConverter:
    """A category of the catalogue."""

    regex = "|".join(Category)

    def to_python(self, value: str) -> Category:
        return Category(value)

    def to_url(self, value: str) -> str:
        return value


register_converter(KeyIdConverter, "key_id")
register_converter(ReferenceConverter, "reference")
register_converter(CategoryConverter, "category")

app_name = "secretkeys"
_SETTINGS = [
    path("leave", views.leave, name="leave"),
    path("members/<int:user_id>/remove", views.member_remove, name="member_remove"),
    path("usage", views.usage, name="usage"),
    path("usage/export", views.usage_file, name="usage_export"),
    path("secret-keys", views.key_list, name="list"),
    path("secret-keys/new", views.key_create, name="create"),
    path("secret-keys/identify", views.key_identify, name="identify"),
    path(
        "secret-keys/catalogue/<category:category>",
        views.catalogue_picker,
        name="catalogue",
    ),
    path(
        "secret-keys/denials/<reference:reference>",
        views.denial_detail,
        name="denial",
    ),
    path("secret-keys/<key_id:key_id>", views.key_detail, name="detail"),
    path("secret-keys/<key_id:key_id>/edit", views.key_edit, name="edit"),
    path("secret-keys/<key_id:key_id>/edit/preview", views.key_preview, name="preview"),
    path("secret-keys/<key_id:key_id>/rotate", views.key_rotate, name="rotate"),
    path("secret-keys/<key_id:key_id>/remove", views.key_remove, name="remove"),
    path("secret-keys/<key_id:key_id>/disable", views.key_disable, name="disable"),
    path("secret-keys/<key_id:key_id>/enable", views.key_enable, name="enable"),
    path(
        "secret-keys/<key_id:key_id>/first-request",
        views.key_first_request,
        name="first_request",
    ),
]

urlpatterns = [
    path("overview", views.overview, name="overview"),
    path("settings/", include(_SETTINGS)),
]
