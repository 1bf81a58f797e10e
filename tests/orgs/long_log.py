"""A long audit log, written by the database itself."""

from django.db import connection

from orgs.models import AuditChain, AuditEvent, Organization

_SERIES = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s"
    " WHERE n < {count})",
    "postgresql": "WITH s(n) AS (SELECT generate_series(1, {count}))",
}


def lengthen(organization: Organization, count: int) -> None:
    """Add so many events, copies of the first, of five keys in turn.

    They have places in the chain, but no digests that fit.
    """
    chain = AuditChain.objects.get(organization=organization)
    first = AuditEvent.objects.of(organization).in_order()[0]
    series = _SERIES[connection.vendor].format(count=count)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {series}
            INSERT INTO orgs_auditevent (organization_id, at, action, actor,
                actor_user_id, subject, changes, address, user_agent, sequence, digest)
            SELECT organization_id, at, 'key.changed', actor, actor_user_id,
                'camera (dtvi_00000' || (n %% 5) || '…)', changes, '203.0.113.9',
                'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', %s + n, digest
            FROM s CROSS JOIN orgs_auditevent WHERE id = %s
            """,
            [chain.length, first.pk],
        )
    chain.length += count
    chain.save(update_fields=["length"])
