from django.urls import path, re_path

from secretkeys.api import views
from secretkeys.policy import API_ROOTS

# At the host root: the client drops any path prefix of its endpoint.
urlpatterns = [
    path("plans", views.plan_list),
    path("plans/<str:plan_id>", views.plan),
    path("workspaces", views.organization_list),
    path("workspaces/<str:organization_id>", views.organization),
    path("workspaces/<str:organization_id>/collaborators", views.collaborator_list),
    path(
        "workspaces/<str:organization_id>/collaborators/<str:user_id>",
        views.collaborator,
    ),
    path("workspaces/<str:organization_id>/quota", views.quota),
    re_path(rf"^(?P<path>(?:{'|'.join(API_ROOTS)})(?:/(?s:.*))?)$", views.not_served),
]
