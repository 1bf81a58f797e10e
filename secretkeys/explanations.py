"""Why a grant stands against a request, in words for the holder of the key.

ASCII, for gateways hand them on in a header. They name no key and no object: the
client rewrites ids in messages.
"""

from secretkeys.grants import Access, Barrier, Grant, Resource
from secretkeys.policy import Request

# Where a resource's own name does not make a sentence.
_RESOURCES = {
    Resource.ORGANIZATION: "the organization's settings and members",
    Resource.TRAINING: "training projects, flows and runs",
}


def explain(grant: Grant, request: Request, barrier: Barrier) -> str:
    """Say which part of the grant the request failed at, and whom to ask."""
    verb = "change" if request.access is Access.WRITE else "read"
    resource = _RESOURCES.get(request.resource, request.resource.value)
    category = request.resource.category
    if barrier is Barrier.MATRIX or category is None:
        return (
            f"This secret key is {grant.permission.label} and may not {verb} "
            f"{resource}. Ask an organization admin for a key that may."
        )
    one, many = category.one, category.many
    match barrier:
        case Barrier.NO_REACH:
            why = f"has no {category.access_label}, so it may not {verb} {resource}"
        case Barrier.NOT_SELECTED:
            why = f"reaches selected {many} only, and this {one} is not one of them"
        case _ if request.access is Access.WRITE:
            why = f"reaches selected {many} only, so it may not create {many}"
        case _:
            why = (
                f"reaches selected {many} only, so it may not list them all; "
                f"name one {one}"
            )
    return f"This secret key {why}. Ask an organization admin to widen its access."
