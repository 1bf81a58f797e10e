"""What the Admins of an organization decide for everybody in it. Pure: no Django."""

from dataclasses import dataclass

# No key lasts longer (secretkeys/lifetimes.py).
MOST_KEY_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Rules:
    """How long new keys may last in days (None: for ever), and what is asked of people."""

    longest_key_days: int | None = None
    second_factor_required: bool = False
    members_see_usage: bool = True

    @property
    def facts(self) -> dict[str, str]:
        """The rules in words, as the audit log keeps them."""
        days = self.longest_key_days
        return {
            "longest key lifetime": f"{days} days" if days else "no limit",
            "second factor": "yes" if self.second_factor_required else "no",
            "members see usage by key": "yes" if self.members_see_usage else "no",
        }

    @property
    def fingerprint(self) -> str:
        """What a form remembers of the rules it was opened with."""
        return ", ".join(self.facts.values())

    def loosens(self, before: "Rules") -> bool:
        """Tell whether a rule asks less of keys or people, or shows them more."""
        longest, was = self.longest_key_days, before.longest_key_days
        return (
            (was is not None and (longest is None or longest > was))
            or self.second_factor_required < before.second_factor_required
            or self.members_see_usage > before.members_see_usage
        )
