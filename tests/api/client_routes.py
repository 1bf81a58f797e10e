"""Every request that the client sends (vi-sdk 0.1.0b7), observed on the wire.

Written down apart from the product's own table, so that one slip cannot hide in both.
"""

import re
from typing import NamedTuple

_HEADS = {
    "ORG": "/workspaces/{org}",
    "DATASET": "/workspaces/{org}/datasets/{org}_{dataset}",
    "SOURCE": (
        "/workspaces/{org}/datasets/{org}_{dataset}"
        "/assetSources/{source_class}/{source_provider}/{source_id}"
    ),
}

_OBSERVED = """
GET    identity     read  /plans
GET    identity     read  /plans/{plan}
GET    identity     read  /workspaces
GET    identity     read  ORG
PATCH  organization write ORG
GET    organization read  ORG/collaborators
DELETE organization write ORG/collaborators/{user}
GET    organization read  ORG/quota
GET    datasets     read  ORG/datasets
POST   datasets     write ORG/datasets
GET    datasets     read  DATASET
PATCH  datasets     write DATASET
DELETE datasets     write DATASET
GET    datasets     read  DATASET/aggregationStatistics
POST   datasets     write DATASET/aggregationStatistics:generate
GET    datasets     read  DATASET/collaborators
GET    datasets     read  DATASET/datasetExports
POST   datasets     read  DATASET/datasetExports
GET    datasets     read  DATASET/datasetExports/{export}
GET    datasets     read  DATASET/deleteOperation
GET    datasets     read  DATASET/ontologies
GET    datasets     read  DATASET/ontologies/{ontology}
PUT    datasets     write DATASET/ontologies/{ontology}
PATCH  datasets     write DATASET/ontologies/{ontology}
POST   datasets     write DATASET/ontologies/{ontology}/versions
GET    datasets     read  ORG/simpleDatasets
POST   assets       write DATASET/assetFiles/{filename}/name
GET    assets       read  DATASET/assetSources
GET    assets       read  SOURCE
DELETE assets       write SOURCE
GET    assets       read  SOURCE/assetIngestionSessions
POST   assets       write SOURCE/assetIngestionSessions
GET    assets       read  SOURCE/assetIngestionSessions/{ingestion_session}
POST   assets       write SOURCE/assetIngestionSessions/{ingestion_session}:cancel
POST   assets       write SOURCE/multipartUploads
DELETE assets       write SOURCE/multipartUploads/{multipart_upload}
POST   assets       write SOURCE/multipartUploads/{multipart_upload}/completion
POST   assets       write SOURCE/multipartUploads/{multipart_upload}/parts/{part}
POST   assets       write SOURCE/multipartUploads/{multipart_upload}/parts/{part}/completion
GET    assets       read  SOURCE/sample
GET    assets       read  DATASET/assets
GET    assets       read  DATASET/assets/{asset}
DELETE assets       write DATASET/assets/{asset}
POST   assets       write DATASET/assets/{asset}/name
GET    assets       read  DATASET/assets:count
GET    assets       read  DATASET/assetsWithObjects
GET    assets       read  DATASET/assetsWithObjects/{asset}
GET    assets       read  DATASET/deleteManyAssetsSessions
POST   assets       write DATASET/deleteManyAssetsSessions
GET    assets       read  DATASET/deleteManyAssetsSessions/{deletion_session}
GET    assets       read  DATASET/folders
DELETE assets       write DATASET/folders
GET    assets       read  DATASET/folders/{folder}
PUT    assets       write DATASET/folders/{folder}
DELETE assets       write DATASET/folders/{folder}
GET    assets       read  DATASET/folders/{folder}/children
GET    annotations  read  DATASET/annotationImportSessions
POST   annotations  write DATASET/annotationImportSessions
GET    annotations  read  DATASET/annotationImportSessions/{import_session}
POST   annotations  write DATASET/annotationImportSessions/{import_session}/files
GET    annotations  read  DATASET/annotationImportSessions/{import_session}/filesSample
GET    annotations  read  DATASET/annotationImportSessions/{import_session}/logs
PATCH  annotations  write DATASET/annotationImportSessions/{import_session}/status
GET    annotations  read  DATASET/assets/{asset}/annotations
GET    annotations  read  DATASET/assets/{asset}/annotations/{annotation}
PUT    annotations  write DATASET/assets/{asset}/annotations/{annotation}
PATCH  annotations  write DATASET/assets/{asset}/annotations/{annotation}
DELETE annotations  write DATASET/assets/{asset}/annotations/{annotation}
POST   annotations  write DATASET/intelliscribe/generations
POST   training     write /dryRuns/workspaces/{org}/trainingProjects
GET    training     read  ORG/flows
GET    training     read  ORG/flows/{flow}
PUT    training     write ORG/flows/{flow}
PATCH  training     write ORG/flows/{flow}
DELETE training     write ORG/flows/{flow}
GET    training     read  ORG/flows/{flow}/accelerators
POST   training     write ORG/flows/{flow}/accelerators
GET    training     read  ORG/flows/{flow}/aggregationStatistics
POST   training     write ORG/flows/{flow}/aggregationStatistics:generate
GET    training     read  ORG/runs
GET    training     read  ORG/runs/{run}
PUT    training     write ORG/runs/{run}
PATCH  training     write ORG/runs/{run}
DELETE training     write ORG/runs/{run}
GET    training     read  ORG/runs/{run}/logs
GET    training     read  ORG/simpleFlows
GET    training     read  ORG/simpleRuns
GET    training     read  ORG/trainingProjects
GET    training     read  ORG/trainingProjects/{training_project}
PUT    training     write ORG/trainingProjects/{training_project}
PATCH  training     write ORG/trainingProjects/{training_project}
DELETE training     write ORG/trainingProjects/{training_project}
GET    training     read  ORG/trainingProjects/{training_project}/aggregationInsights
POST   training     write ORG/trainingProjects/{training_project}/aggregationInsights:generate
GET    models       read  ORG/runs/{run}/outputs
GET    models       read  ORG/runs/{run}/outputs/{model}
GET    deployments  read  ORG/deploymentEndpoints
GET    deployments  read  ORG/deploymentEndpoints/{deployment_endpoint}
PUT    deployments  write ORG/deploymentEndpoints/{deployment_endpoint}
PATCH  deployments  write ORG/deploymentEndpoints/{deployment_endpoint}
DELETE deployments  write ORG/deploymentEndpoints/{deployment_endpoint}
GET    deployments  read  ORG/deploymentProjects
GET    deployments  read  ORG/deploymentProjects/{deployment_project}
PUT    deployments  write ORG/deploymentProjects/{deployment_project}
PATCH  deployments  write ORG/deploymentProjects/{deployment_project}
DELETE deployments  write ORG/deploymentProjects/{deployment_project}
GET    deployments  read  ORG/deploymentProjects/{deployment_project}/knowledgeBase
GET    deployments  read  ORG/deploymentStatistics
GET    deployments  read  ORG/deployments
GET    deployments  read  ORG/deployments/{deployment}
PUT    deployments  write ORG/deployments/{deployment}
PATCH  deployments  write ORG/deployments/{deployment}
DELETE deployments  write ORG/deployments/{deployment}
GET    deployments  read  ORG/deployments/{deployment}/statistics
"""


class ClientRoute(NamedTuple):
    """One request: what is sent, what it touches, and whether it changes it."""

    method: str
    template: str
    resource: str
    access: str

    def path(self, organization_id: object) -> str:
        """Return the path of one request, with an organization and invented ids."""
        path = self.template.replace("{org}", str(organization_id))
        return re.sub(r"\{(\w+)\}", r"some-\1", path)


def _route(line: str) -> ClientRoute:
    method, resource, access, path = line.split()
    head, slash, tail = path.partition("/")
    return ClientRoute(method, _HEADS.get(head, "") + slash + tail, resource, access)


ROUTES = [_route(line) for line in _OBSERVED.strip().splitlines()]
