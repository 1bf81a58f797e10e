"""Names beside the form in which they are searched and sorted."""

from typing import Any

from django.db import models

from orgs import names


# Django's fields take no type arguments at run time.
class FoldedName(models.CharField):  # type: ignore[type-arg]
    """Keeps names.fold(name) beside ``name``, in rows written in bulk too.

    Databases know upper and lower case of different letters; SQLite of ASCII's alone.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Return what is written."""
        row: Any = model_instance
        row.name_folded = folded = names.fold(row.name)
        return folded
