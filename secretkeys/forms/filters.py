"""What the table of keys can be asked for."""

from django import forms

from secretkeys.grants import Permission


class KeyFilterForm(forms.Form):
    """Search and filters of the table; whatever is not understood is left out."""

    STATUSES = [
        ("", "All statuses"),
        ("active", "Active"),
        ("expiring", "Expiring soon"),
        ("unused", "Unused 90+ days"),
        ("expired", "Expired"),
        ("removed", "Removed"),
    ]
    PERMISSIONS = [
        ("", "All permissions"),
        *((level.value, level.label) for level in Permission),
    ]

    q = forms.CharField(required=False, max_length=200)
    status = forms.ChoiceField(required=False, choices=STATUSES)
    permission = forms.ChoiceField(required=False, choices=PERMISSIONS)

    def value(self, name: str) -> str:
        """Return a filter's value, empty when it is unset or not understood."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))
