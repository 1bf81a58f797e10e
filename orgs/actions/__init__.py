"""Changes to people and organizations; each is one transaction.

With its audit event, where it changes an organization, or who a member is or how they
prove it. The log of an organization tells nothing of sessions and of what somebody
chooses for themselves alone.
"""

from orgs.actions.accounts import (
    choose_password,
    choose_time_zone,
    end_sessions,
    propose_address,
    record_session,
    rename_user,
    take_address,
)
from orgs.actions.catalogue import (
    add_entry,
    import_catalogue,
    remove_entries,
    rename_entry,
)
from orgs.actions.invitations import (
    accept_invitation,
    accept_open_invitation,
    accept_with_new_account,
    invite,
    resend_invitation,
    withdraw_invitation,
)
from orgs.actions.key_mails import (
    claim_key_mails,
    end_key_mails_claim,
    mark_key_mails_sent,
)
from orgs.actions.members import (
    accept_ownership,
    appoint_owner,
    change_role,
    choose_key_mails,
    end_ownership_offer,
    offer_ownership,
    record_activity,
    remove_member,
)
from orgs.actions.newcomers import create_invited_account
from orgs.actions.organizations import (
    change_rules,
    change_terms,
    create_organization,
    create_organization_for,
    create_own_organization,
    rename_organization,
)
from orgs.actions.quotas import set_quota
from orgs.actions.second_factors import (
    change_second_factors,
    remove_second_factors,
    reseal_second_factors,
    use_app_code,
)

__all__ = [
    "accept_invitation",
    "accept_open_invitation",
    "accept_ownership",
    "accept_with_new_account",
    "add_entry",
    "appoint_owner",
    "change_role",
    "change_rules",
    "change_second_factors",
    "change_terms",
    "choose_key_mails",
    "choose_password",
    "choose_time_zone",
    "claim_key_mails",
    "create_invited_account",
    "create_organization",
    "create_organization_for",
    "create_own_organization",
    "end_key_mails_claim",
    "end_ownership_offer",
    "end_sessions",
    "import_catalogue",
    "invite",
    "mark_key_mails_sent",
    "offer_ownership",
    "propose_address",
    "record_activity",
    "record_session",
    "remove_entries",
    "remove_member",
    "remove_second_factors",
    "rename_entry",
    "rename_organization",
    "rename_user",
    "reseal_second_factors",
    "resend_invitation",
    "set_quota",
    "take_address",
    "use_app_code",
    "withdraw_invitation",
]
