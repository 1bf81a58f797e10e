"""Amy, an account manager of the platform, who belongs to no organization."""

from pathlib import Path

import pytest

from orgs.models import User
from tests.conftest import PASSWORD


@pytest.fixture
def amy(db: None) -> User:
    amy = User.objects.create_user("amy@datature.test", PASSWORD, name="Amy Manager")
    amy.is_staff = True
    amy.save()
    return amy


@pytest.fixture
def write(tmp_path: Path):
    """Return a function that writes a file of this name and returns its path."""

    def write(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write
