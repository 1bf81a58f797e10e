"""The pages of django-allauth that are open, and the product's own beside them.

Each has a template of its own in templates/account, mfa and socialaccount. Named one by one: the library would
also let people keep an address as their own that they have not confirmed; changing the
email is this product's own (orgs/email_changes.py).
"""

from allauth.account import views
from allauth.decorators import rate_limit
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.conf import settings
from django.urls import path, re_path
from django.views.generic.base import RedirectView

from orgs.reauthentication import needs_recent_sign_in, renews_session
from orgs.sign_in.code_forms import uses_code_up
from orgs.sign_in.second_factors import audited, ends_other_sessions
from orgs.views import account, sessions, sign_in
from orgs.views.email_links import confirm_email

urlpatterns = [
    path("", account.profile, name="account_profile"),
    path("name", account.rename, name="account_rename"),
    path("time-zone", account.choose_time_zone, name="account_time_zone"),
    path("appearance", account.choose_appearance, name="account_appearance"),
    path("key-mails", account.choose_key_mails, name="account_key_mails"),
    path("email", account.change_email, name="account_email_change"),
    path("email/resend", account.resend_email_link, name="account_email_resend"),
    path(
        "email/withdraw", account.withdraw_email_change, name="account_email_withdraw"
    ),
    path("email/confirm/<str:key>", confirm_email, name="account_email_confirm"),
    path("sessions", sessions.session_list, name="usersessions_list"),
    path(
        "sessions/others/end",
        sessions.session_end_others,
        name="usersessions_end_others",
    ),
    path("sessions/<int:pk>/end", sessions.session_end, name="usersessions_end"),
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    # Says that signing up is closed; see orgs/sign_in/adapter.py.
    path("signup/", views.signup, name="account_signup"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("login/passkey", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path(
        "login/second-factor",
        rate_limit(action="second_factor")(mfa.authenticate),
        name="mfa_authenticate",
    ),
    path(
        "login/unverified",
        views.email_verification_sent,
        name="account_email_verification_sent",
    ),
    path(
        "reauthenticate/",
        renews_session(views.reauthenticate),
        name="account_reauthenticate",
    ),
    path(
        "reauthenticate/code",
        renews_session(mfa.reauthenticate),
        name="mfa_reauthenticate",
    ),
    path(
        "reauthenticate/passkey",
        renews_session(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("reauthenticate/again", sign_in.sign_in_again, name="account_sign_in_again"),
    path("reauthenticate/done", sign_in.confirmed, name="account_confirmed"),
    path("security", mfa.index, name="mfa_index"),
    path(
        "security/app",
        ends_other_sessions(audited(uses_code_up(app.activate_totp))),
        name="mfa_activate_totp",
    ),
    path("security/app/qr.svg", sign_in.qr_code, name="mfa_app_qr_code"),
    path(
        "security/app/remove",
        audited(app.deactivate_totp),
        name="mfa_deactivate_totp",
    ),
    # The overview lists them.
    path(
        "security/passkeys",
        RedirectView.as_view(pattern_name="mfa_index"),
        name="mfa_list_webauthn",
    ),
    path(
        "security/passkeys/add",
        ends_other_sessions(audited(passkeys.add_webauthn)),
        name="mfa_add_webauthn",
    ),
    path(
        "security/passkeys/<int:pk>/rename",
        passkeys.edit_webauthn,
        name="mfa_edit_webauthn",
    ),
    path(
        "security/passkeys/<int:pk>/remove",
        audited(passkeys.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "security/recovery-codes",
        recovery_codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "security/recovery-codes/generate",
        audited(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("password/change/", views.password_change, name="account_change_password"),
    path(
        "password/set/",
        # A password that anybody could set in an open browser would outlive it.
        needs_recent_sign_in(views.password_set),
        name="account_set_password",
    ),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path(
        "password/reset/done/",
        views.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

# Where people come back to from the identity provider that the operator has chosen.
SINGLE_SIGN_ON = [
    path(
        "single-sign-on/<str:provider_id>",
        sign_in.single_sign_on,
        name="openid_connect_login",
    ),
    path(
        "single-sign-on/<str:provider_id>/callback",
        sign_in.single_sign_on_callback,
        name="openid_connect_callback",
    ),
]
if settings.SINGLE_SIGN_ON:
    urlpatterns += SINGLE_SIGN_ON
