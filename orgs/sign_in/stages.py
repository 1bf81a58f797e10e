"""The step of signing in between the password and the session."""

from typing import Any

from allauth.mfa.stages import AuthenticateStage
from django.utils.crypto import constant_time_compare

_CREDENTIALS = "credentials"


# The library has no types, so to mypy its class is Any.
class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]
    """The second factor, good only together with the password of the first step."""

    def handle(self) -> Any:
        """Ask for the second factor, and keep what the first step was passed with."""
        self.state[_CREDENTIALS] = self.login.user.credentials
        return super().handle()

    def exit(self) -> Any:
        """Sign in, or begin anew where the password or the email has changed since."""
        before = self.state.get(_CREDENTIALS, "")
        if constant_time_compare(before, self.login.user.credentials):
            return super().exit()
        return self.abort()
