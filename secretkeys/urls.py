from django.urls import path, register_converter

from secretkeys import keyformat, views


class KeyIdConverter:
    """The 16 characters of a key id."""

    regex = rf"[0-9A-Za-z]{{{keyformat.ID_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(KeyIdConverter, "key_id")

app_name = "secretkeys"
urlpatterns = [
    path("secret-keys", views.key_list, name="list"),
    path("secret-keys/new", views.key_create, name="create"),
    path("secret-keys/<key_id:key_id>", views.key_detail, name="detail"),
    path("secret-keys/<key_id:key_id>/edit", views.key_edit, name="edit"),
    path("secret-keys/<key_id:key_id>/rotate", views.key_rotate, name="rotate"),
    path("secret-keys/<key_id:key_id>/remove", views.key_remove, name="remove"),
    path(
        "secret-keys/<key_id:key_id>/first-request",
        views.key_first_request,
        name="first_request",
    ),
]
