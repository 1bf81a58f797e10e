"""What a request is: (method, raw path) to resource, access and object.

The table holds every request that the client can send (vi-sdk 0.1.0b7), and the one
that asks what a key is. What it does not hold is unknown, and a path that could be read
in two ways is refused, never normalized: a proxy in front might route the other reading.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from secretkeys.grants import Access, Resource

# Where the API is mounted: the client drops any path prefix of its endpoint.
API_ROOTS = ("workspaces", "plans", "dryRuns", "auth")

# Shorthands at the head of a path below.
_DATASET = "/workspaces/{org}/datasets/{org}_{dataset}"
_SOURCE = _DATASET + "/assetSources/{source_class}/{source_provider}/{source_id}"

# resource, access, method, path. Methods lie about access in places: exports are
# POSTed but only read, and deleteManyAssetsSessions deletes by POST.
_TABLE = """
    identity     read  GET    /auth/whoami
    identity     read  GET    /plans
    identity     read  GET    /plans/{plan}
    identity     read  GET    /workspaces
    identity     read  GET    /workspaces/{org}
    organization write PATCH  /workspaces/{org}
    organization read  GET    /workspaces/{org}/collaborators
    organization write DELETE /workspaces/{org}/collaborators/{user}
    organization read  GET    /workspaces/{org}/quota
    datasets     read  GET    /workspaces/{org}/datasets
    datasets     write POST   /workspaces/{org}/datasets
    datasets     read  GET    {dataset}
    datasets     write PATCH  {dataset}
    datasets     write DELETE {dataset}
    datasets     read  GET    {dataset}/aggregationStatistics
    datasets     write POST   {dataset}/aggregationStatistics:generate
    datasets     read  GET    {dataset}/collaborators
    datasets     read  GET    {dataset}/datasetExports
    datasets     read  POST   {dataset}/datasetExports
    datasets     read  GET    {dataset}/datasetExports/{export}
    datasets     read  GET    {dataset}/deleteOperation
    datasets     read  GET    {dataset}/ontologies
    datasets     read  GET    {dataset}/ontologies/{ontology}
    datasets     write PUT    {dataset}/ontologies/{ontology}
    datasets     write PATCH  {dataset}/ontologies/{ontology}
    datasets     write POST   {dataset}/ontologies/{ontology}/versions
    datasets     read  GET    /workspaces/{org}/simpleDatasets
    assets       write POST   {dataset}/assetFiles/{filename}/name
    assets       read  GET    {dataset}/assetSources
    assets       read  GET    {dataset}{source}
    assets       write DELETE {dataset}{source}
    assets       read  GET    {dataset}{source}/assetIngestionSessions
    assets       write POST   {dataset}{source}/assetIngestionSessions
    assets       read  GET    {dataset}{source}/assetIngestionSessions/{ingestion_session}
    assets       write POST   {dataset}{source}/assetIngestionSessions/{ingestion_session}:cancel
    assets       write POST   {dataset}{source}/multipartUploads
    assets       write DELETE {dataset}{source}/multipartUploads/{multipart_upload}
    assets       write POST   {dataset}{source}/multipartUploads/{multipart_upload}/completion
    assets       write POST   {dataset}{source}/multipartUploads/{multipart_upload}/parts/{part}
    assets       write POST   {dataset}{source}/multipartUploads/{multipart_upload}/parts/{part}/completion
    assets       read  GET    {dataset}{source}/sample
    assets       read  GET    {dataset}/assets
    assets       read  GET    {dataset}/assets/{asset}
    assets       write DELETE {dataset}/assets/{asset}
    assets       write POST   {dataset}/assets/{asset}/name
    assets       read  GET    {dataset}/assets:count
    assets       read  GET    {dataset}/assetsWithObjects
    assets       read  GET    {dataset}/assetsWithObjects/{asset}
    assets       read  GET    {dataset}/deleteManyAssetsSessions
    assets       write POST   {dataset}/deleteManyAssetsSessions
    assets       read  GET    {dataset}/deleteManyAssetsSessions/{deletion_session}
    assets       read  GET    {dataset}/folders
    assets       write DELETE {dataset}/folders
    assets       read  GET    {dataset}/folders/{folder}
    assets       write PUT    {dataset}/folders/{folder}
    assets       write DELETE {dataset}/folders/{folder}
    assets       read  GET    {dataset}/folders/{folder}/children
    annotations  read  GET    {dataset}/annotationImportSessions
    annotations  write POST   {dataset}/annotationImportSessions
    annotations  read  GET    {dataset}/annotationImportSessions/{import_session}
    annotations  write POST   {dataset}/annotationImportSessions/{import_session}/files
    annotations  read  GET    {dataset}/annotationImportSessions/{import_session}/filesSample
    annotations  read  GET    {dataset}/annotationImportSessions/{import_session}/logs
    annotations  write PATCH  {dataset}/annotationImportSessions/{import_session}/status
    annotations  read  GET    {dataset}/assets/{asset}/annotations
    annotations  read  GET    {dataset}/assets/{asset}/annotations/{annotation}
    annotations  write PUT    {dataset}/assets/{asset}/annotations/{annotation}
    annotations  write PATCH  {dataset}/assets/{asset}/annotations/{annotation}
    annotations  write DELETE {dataset}/assets/{asset}/annotations/{annotation}
    annotations  write POST   {dataset}/intelliscribe/generations
    training     read  GET    /workspaces/{org}/flows
    training     read  GET    /workspaces/{org}/flows/{flow}
    training     write PUT    /workspaces/{org}/flows/{flow}
    training     write PATCH  /workspaces/{org}/flows/{flow}
    training     write DELETE /workspaces/{org}/flows/{flow}
    training     read  GET    /workspaces/{org}/flows/{flow}/accelerators
    training     write POST   /workspaces/{org}/flows/{flow}/accelerators
    training     read  GET    /workspaces/{org}/flows/{flow}/aggregationStatistics
    training     write POST   /workspaces/{org}/flows/{flow}/aggregationStatistics:generate
    training     read  GET    /workspaces/{org}/runs
    training     read  GET    /workspaces/{org}/runs/{run}
    training     write PUT    /workspaces/{org}/runs/{run}
    training     write PATCH  /workspaces/{org}/runs/{run}
    training     write DELETE /workspaces/{org}/runs/{run}
    training     read  GET    /workspaces/{org}/runs/{run}/logs
    training     read  GET    /workspaces/{org}/simpleFlows
    training     read  GET    /workspaces/{org}/simpleRuns
    training     read  GET    /workspaces/{org}/trainingProjects
    training     read  GET    /workspaces/{org}/trainingProjects/{training_project}
    training     write PUT    /workspaces/{org}/trainingProjects/{training_project}
    training     write PATCH  /workspaces/{org}/trainingProjects/{training_project}
    training     write DELETE /workspaces/{org}/trainingProjects/{training_project}
    training     read  GET    /workspaces/{org}/trainingProjects/{training_project}/aggregationInsights
    training     write POST   /workspaces/{org}/trainingProjects/{training_project}/aggregationInsights:generate
    training     write POST   /dryRuns/workspaces/{org}/trainingProjects
    models       read  GET    /workspaces/{org}/runs/{run}/outputs
    models       read  GET    /workspaces/{org}/runs/{run}/outputs/{model}
    deployments  read  GET    /workspaces/{org}/deploymentEndpoints
    deployments  read  GET    /workspaces/{org}/deploymentEndpoints/{deployment_endpoint}
    deployments  write PUT    /workspaces/{org}/deploymentEndpoints/{deployment_endpoint}
    deployments  write PATCH  /workspaces/{org}/deploymentEndpoints/{deployment_endpoint}
    deployments  write DELETE /workspaces/{org}/deploymentEndpoints/{deployment_endpoint}
    deployments  read  GET    /workspaces/{org}/deploymentProjects
    deployments  read  GET    /workspaces/{org}/deploymentProjects/{deployment_project}
    deployments  write PUT    /workspaces/{org}/deploymentProjects/{deployment_project}
    deployments  write PATCH  /workspaces/{org}/deploymentProjects/{deployment_project}
    deployments  write DELETE /workspaces/{org}/deploymentProjects/{deployment_project}
    deployments  read  GET    /workspaces/{org}/deploymentProjects/{deployment_project}/knowledgeBase
    deployments  read  GET    /workspaces/{org}/deploymentStatistics
    deployments  read  GET    /workspaces/{org}/deployments
    deployments  read  GET    /workspaces/{org}/deployments/{deployment}
    deployments  write PUT    /workspaces/{org}/deployments/{deployment}
    deployments  write PATCH  /workspaces/{org}/deployments/{deployment}
    deployments  write DELETE /workspaces/{org}/deployments/{deployment}
    deployments  read  GET    /workspaces/{org}/deployments/{deployment}/statistics
"""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# The characters of a path segment (RFC 3986, pchar) without the semicolon, which
# servers read as they like.
_PLAIN = re.compile(r"/[\w.~!$&'()*+,=:@/%-]*", re.ASCII)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DOT_SEGMENTS = frozenset({"", ".", ".."})
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]", re.ASCII)


class NotCanonical(ValueError):
    """The path can be read in more than one way."""


class UnknownRoute(LookupError):
    """No route has this path; or, with ``methods``, none with this method."""

    def __init__(self, methods: tuple[str, ...] = ()) -> None:
        super().__init__(methods)
        self.methods = methods


class Request(NamedTuple):
    """What a request asks for, and whose and which object its path names.

    ``object_id`` is what an access scope selects: the dataset, the training or the
    deployment object at the head of the path; None where the path names none, as in
    lists and creations. ``route`` is the path with placeholders.
    """

    resource: Resource
    access: Access
    organizations: tuple[str, ...]
    object_id: str | None
    route: str


@dataclass(slots=True)
class _Node:
    """One step of a path: where literal segments and placeholders lead."""

    literals: dict[str, "_Node"] = field(default_factory=dict)
    placeholders: dict[tuple[tuple[str, ...], str], "_Node"] = field(
        default_factory=dict
    )
    methods: dict[str, tuple[Resource, Access, str]] = field(default_factory=dict)


def resolve(method: str, raw_path: str) -> Request:
    """Tell what ``method`` on ``raw_path`` asks for.

    Args:
        method: as sent, upper case.
        raw_path: the path as it stood in the request line, without the query.

    Raises:
        NotCanonical: the path has ``..``, ``//``, ``;``, a backslash, a needless or
            dangerous percent-escape, or bytes outside printable ASCII.
        UnknownRoute: the table has no such path, or not with this method.
    """
    node = _ROOT
    organizations: list[str] = []
    objects: list[str] = []
    for segment in _segments(raw_path):
        child = node.literals.get(segment)
        node = child or _placeholder(node, segment, organizations, objects)
    if method not in node.methods:
        raise UnknownRoute(tuple(node.methods))
    resource, access, route = node.methods[method]
    object_id = objects[0] if objects and resource.category else None
    return Request(resource, access, tuple(organizations), object_id, route)


def _segments(raw_path: str) -> list[str]:
    if not _PLAIN.fullmatch(raw_path):
        raise NotCanonical
    segments = raw_path[1:].split("/")
    if not _DOT_SEGMENTS.isdisjoint(segments):
        raise NotCanonical
    if "%" in raw_path:
        # The client encodes a folder's whole path into one segment.
        for before, segment in zip(["", *segments], segments, strict=False):
            _check_escapes(segment, slash_allowed=before == "folders")
    return segments


def _check_escapes(segment: str, *, slash_allowed: bool) -> None:
    if _BROKEN_ESCAPE.search(segment):
        raise NotCanonical
    for code in _ESCAPE.findall(segment):
        character = chr(int(code, 16))
        if character < " " or character in "\\;\x7f" or _UNRESERVED.match(character):
            raise NotCanonical
        if character == "/" and not slash_allowed:
            raise NotCanonical
    if not _DOT_SEGMENTS.isdisjoint(unquote(segment).split("/")):
        raise NotCanonical


def _placeholder(
    node: _Node, segment: str, organizations: list[str], objects: list[str]
) -> _Node:
    """Follow the placeholder that a segment fills, and take down what it names."""
    for (names, suffix), child in node.placeholders.items():
        text = segment.removesuffix(suffix)
        if suffix and text == segment:
            continue
        # A composite one is {org}_{dataset}; ids of organizations have no underscore.
        parts = text.split("_", 1) if len(names) == 2 else (text,)
        if len(parts) != len(names) or not all(parts):
            continue
        for name, part in zip(names, parts, strict=True):
            value = unquote(part) if "%" in part else part
            (organizations if name == "org" else objects).append(value)
        return child
    raise UnknownRoute


def _rows(table: str) -> Iterator[tuple[Resource, Access, str, str]]:
    for line in table.strip().splitlines():
        resource, access, method, path = line.split()
        path = path.replace("{dataset}{source}", _SOURCE, 1)
        if path.startswith("{dataset}"):
            path = path.replace("{dataset}", _DATASET, 1)
        yield Resource(resource), Access[access.upper()], method, path


def _build(rows: Iterable[tuple[Resource, Access, str, str]]) -> _Node:
    root = _Node()
    for resource, access, method, path in rows:
        node = root
        for segment in path[1:].split("/"):
            node = _child(node, segment)
        node.methods[method] = (resource, access, path)
    return root


def _child(node: _Node, segment: str) -> _Node:
    if not segment.startswith("{"):
        return node.literals.setdefault(segment, _Node())
    template, colon, verb = segment.partition(":")
    names = tuple(_PLACEHOLDER.findall(template))
    child = node.placeholders.setdefault((names, colon + verb), _Node())
    # A suffixed placeholder is tried first, or the plain one would swallow the verb.
    node.placeholders = dict(
        sorted(node.placeholders.items(), key=lambda item: not item[0][1])
    )
    return child


_ROOT = _build(_rows(_TABLE))
# The widest access that any request asks for: none writes a model, for one.
WIDEST = {
    resource: max(access for each, access, *_ in _rows(_TABLE) if each is resource)
    for resource in Resource
}
