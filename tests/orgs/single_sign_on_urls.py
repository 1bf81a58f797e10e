"""The product's addresses where an operator has set up single sign-on."""

from django.urls import include, path

from config import urls
from orgs.account_urls import SINGLE_SIGN_ON

handler403, handler404 = urls.handler403, urls.handler404
handler500 = urls.handler500
urlpatterns = [*urls.urlpatterns, path("account/", include(SINGLE_SIGN_ON))]
