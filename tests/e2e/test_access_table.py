"""Invariant 7, every route for every caller: who may do what with whose records, on the deployed hub.

A row says for one route what each caller is answered. Cases: `own` is the caller's own record, `other` somebody else's
of the caller's tenant, `foreign` one of another tenant's, `any` where nobody in particular is meant. Callers: nobody
(`none`), service keys without a scope (`bare`) and with one each, staff by role, and a user with an own token. To add a
route: its rows, and in `REQUESTS` what is asked.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
import pytest

from customerhub.bootstrap import build_credential_app
from customerhub.deployment import HTTP_ROUTES
from customerhub.domain import owing
from customerhub.domain.caller import Role, Scope
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.duty import TERM, Duty, DutyKind
from customerhub.domain.ids import (
    CredentialId,
    CustomerId,
    DutyId,
    EnrollmentId,
    ExternalId,
    IntegrationId,
    TenantId,
    new_run_id,
)
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.run import Run, RunKind
from customerhub.services.issue_service_key import issue_service_key
from customerhub.settings import Settings
from customerhub.store import keys
from customerhub.store.deliveries import DynamoDeliveryStore
from customerhub.store.duties import DynamoDutyStore
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.listing import ShardReader
from customerhub.store.runs import DynamoRunStore
from customerhub.store.table import Database
from infra.local.hub import Hub
from infra.local.partners.catalogue import PartnerName
from infra.local.partners.demo import account, hub_credentials
from tests.support.api import Api, Person
from tests.support.till import Reply

TABLE = """
method route                                                             case    none bare read write merge export erase clR clE clW imp syR syW inW SUPER CORP SUB VIEW user
POST   /functions/v1/customer-management                                 own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  200
POST   /functions/v1/customer-management                                 other    401  403  403   200   403    403   403 403 403 403 403 403 403 403   200  200 200  403  409
POST   /functions/v1/customer-management                                 foreign  401  403  403   200   403    403   403 403 403 403 403 403 403 403   200  200 200  403  200
GET    /api/customers                                                    any      401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  403
GET    /api/customers                                                    foreign  401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  403
GET    /api/customers/{customerId}                                       own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  200
GET    /api/customers/{customerId}                                       other    401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  404
GET    /api/customers/{customerId}                                       foreign  401  403  404   403   403    403   403 403 403 403 403 403 403 403   404  404 404  404  404
PATCH  /api/customers/{customerId}                                       own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  200
PATCH  /api/customers/{customerId}                                       other    401  403  403   200   403    403   403 403 403 403 403 403 403 403   200  200 200  403  404
PATCH  /api/customers/{customerId}                                       foreign  401  403  403   404   403    403   403 403 403 403 403 403 403 403   404  404 404  403  404
DELETE /api/customers/{customerId}                                       own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  200
DELETE /api/customers/{customerId}                                       other    401  403  403   403   403    403   200 403 403 403 403 403 403 403   200  200 403  403  404
DELETE /api/customers/{customerId}                                       foreign  401  403  403   403   403    403   404 403 403 403 403 403 403 403   404  404 403  403  404
GET    /api/customers/{customerId}/timeline                              own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  200
GET    /api/customers/{customerId}/timeline                              other    401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  404
GET    /api/customers/{customerId}/timeline                              foreign  401  403  404   403   403    403   403 403 403 403 403 403 403 403   404  404 404  404  404
GET    /api/customers/{customerId}/export                                own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  200
GET    /api/customers/{customerId}/export                                other    401  403  403   403   403    200   403 403 403 403 403 403 403 403   200  200 403  403  404
GET    /api/customers/{customerId}/export                                foreign  401  403  403   403   403    404   403 403 403 403 403 403 403 403   404  404 403  403  404
POST   /api/customers/{customerId}/merge                                 own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/customers/{customerId}/merge                                 other    401  403  403   403   200    403   403 403 403 403 403 403 403 403   200  200 403  403  403
POST   /api/customers/{customerId}/merge                                 foreign  401  403  403   403   404    403   403 403 403 403 403 403 403 403   404  404 403  403  403
POST   /api/customers/{customerId}/unmerge                               own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/customers/{customerId}/unmerge                               other    401  403  403   403   200    403   403 403 403 403 403 403 403 403   200  200 403  403  403
POST   /api/customers/{customerId}/unmerge                               foreign  401  403  403   403   404    403   403 403 403 403 403 403 403 403   404  404 403  403  403
GET    /api/conflicts                                                    any      401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  403
GET    /api/conflicts                                                    foreign  401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  403
GET    /api/conflicts/{conflictId}                                       own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/conflicts/{conflictId}                                       other    401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  403
GET    /api/conflicts/{conflictId}                                       foreign  401  403  404   403   403    403   403 403 403 403 403 403 403 403   404  404 404  404  403
POST   /api/conflicts/{conflictId}/resolve                               own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/conflicts/{conflictId}/resolve                               other    401  403  403   403   200    403   403 403 403 403 403 403 403 403   200  200 403  403  403
POST   /api/conflicts/{conflictId}/resolve                               foreign  401  403  403   403   404    403   403 403 403 403 403 403 403 403   404  404 403  403  403
GET    /api/erasures/{erasureId}                                         own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/erasures/{erasureId}                                         other    401  403  403   403   403    403   200 403 403 403 403 403 403 403   200  200 403  403  403
GET    /api/erasures/{erasureId}                                         foreign  401  403  403   403   403    403   404 403 403 403 403 403 403 403   404  404 403  403  403
POST   /api/verifications                                                own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  202
POST   /api/verifications                                                other    401  403  403   202   403    403   403 403 403 403 403 403 403 403   202  202 202  403  202
POST   /api/verifications                                                foreign  401  403  403   202   403    403   403 403 403 403 403 403 403 403   202  202 202  403  202
POST   /api/verifications/{verificationId}                               own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  200
POST   /api/verifications/{verificationId}                               other    401  404  404   404   404    404   404 404 404 404 404 404 404 404   404  404 404  404  404
POST   /api/verifications/{verificationId}                               foreign  401  404  404   404   404    404   404 404 404 404 404 404 404 404   404  404 404  404  404
GET    /api/analytics/sources                                            any      401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  403
GET    /api/analytics/merges                                             any      401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  403
GET    /api/analytics/quality                                            any      401  403  200   403   403    403   403 403 403 403 403 403 403 403   200  200 200  200  403
POST   /api/stages                                                       any      401  403  403   403   403    403   403 403 403 201 403 403 403 403   201  201 403  403  403
GET    /api/stages                                                       any      401  403  403   403   403    403   403 200 403 403 403 403 403 403   200  200 200  200  403
GET    /api/stages/{stageId}                                             own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/stages/{stageId}                                             other    401  403  403   403   403    403   403 200 403 403 403 403 403 403   200  200 200  200  403
GET    /api/stages/{stageId}                                             foreign  401  403  403   403   403    403   403 404 403 403 403 403 403 403   404  404 404  404  403
PATCH  /api/stages/{stageId}                                             own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
PATCH  /api/stages/{stageId}                                             other    401  403  403   403   403    403   403 403 403 200 403 403 403 403   200  200 403  403  403
PATCH  /api/stages/{stageId}                                             foreign  401  403  403   403   403    403   403 403 403 404 403 403 403 403   404  404 403  403  403
DELETE /api/stages/{stageId}                                             own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
DELETE /api/stages/{stageId}                                             other    401  403  403   403   403    403   403 403 403 200 403 403 403 403   200  200 403  403  403
DELETE /api/stages/{stageId}                                             foreign  401  403  403   403   403    403   403 403 403 404 403 403 403 403   404  404 403  403  403
POST   /api/enrollments                                                  other    401  403  403   403   403    403   403 403 201 403 403 403 403 403   201  201 201  403  403
POST   /api/enrollments                                                  foreign  401  403  403   403   403    403   403 403 404 403 403 403 403 403   404  404 404  403  403
GET    /api/enrollments                                                  other    401  403  403   403   403    403   403 200 403 403 403 403 403 403   200  200 200  200  403
GET    /api/enrollments                                                  foreign  401  403  403   403   403    403   403 404 403 403 403 403 403 403   404  404 404  404  403
POST   /api/enrollments/bulk                                             other    401  403  403   403   403    403   403 403 200 403 403 403 403 403   200  200 200  403  403
POST   /api/enrollments/bulk                                             foreign  401  403  403   403   403    403   403 403 200 403 403 403 403 403   200  200 200  403  403
GET    /api/enrollments/{enrollmentId}                                   own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/enrollments/{enrollmentId}                                   other    401  403  403   403   403    403   403 200 403 403 403 403 403 403   200  200 200  200  403
GET    /api/enrollments/{enrollmentId}                                   foreign  401  403  403   403   403    403   403 404 403 403 403 403 403 403   404  404 404  404  403
POST   /api/enrollments/{enrollmentId}/move                              own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/enrollments/{enrollmentId}/move                              other    401  403  403   403   403    403   403 403 200 403 403 403 403 403   200  200 200  403  403
POST   /api/enrollments/{enrollmentId}/move                              foreign  401  403  403   403   403    403   403 403 404 403 403 403 403 403   404  404 404  403  403
POST   /api/enrollments/{enrollmentId}/cancel                            own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/enrollments/{enrollmentId}/cancel                            other    401  403  403   403   403    403   403 403 200 403 403 403 403 403   200  200 200  403  403
POST   /api/enrollments/{enrollmentId}/cancel                            foreign  401  403  403   403   403    403   403 403 404 403 403 403 403 403   404  404 404  403  403
POST   /api/orders                                                       other    401  403  403   403   403    403   403 403 201 403 403 403 403 403   201  201 201  403  403
POST   /api/orders                                                       foreign  401  403  403   403   403    403   403 403 404 403 403 403 403 403   404  404 404  403  403
POST   /api/imports                                                      any      401  403  403   403   403    403   403 403 403 403 201 403 403 403   201  201 201  403  403
GET    /api/imports                                                      any      401  403  403   403   403    403   403 403 403 403 200 403 403 403   200  200 200  403  403
GET    /api/imports                                                      foreign  401  403  403   403   403    403   403 403 403 403 200 403 403 403   200  200 200  403  403
GET    /api/imports/{importId}                                           own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/imports/{importId}                                           other    401  403  403   403   403    403   403 403 403 403 200 403 403 403   200  200 200  403  403
GET    /api/imports/{importId}                                           foreign  401  403  403   403   403    403   403 403 403 403 404 403 403 403   404  404 404  403  403
POST   /api/imports/{importId}/preview                                   own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/imports/{importId}/preview                                   other    401  403  403   403   403    403   403 403 403 403 403 403 403 403   200  200 200  403  403
POST   /api/imports/{importId}/preview                                   foreign  401  403  403   403   403    403   403 403 403 403 403 403 403 403   404  404 404  403  403
POST   /api/imports/{importId}/commit                                    own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/imports/{importId}/commit                                    other    401  403  403   403   403    403   403 403 403 403 403 403 403 403   202  202 202  403  403
POST   /api/imports/{importId}/commit                                    foreign  401  403  403   403   403    403   403 403 403 403 403 403 403 403   404  404 404  403  403
POST   /api/imports/{importId}/cancel                                    own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/imports/{importId}/cancel                                    other    401  403  403   403   403    403   403 403 403 403 200 403 403 403   200  200 200  403  403
POST   /api/imports/{importId}/cancel                                    foreign  401  403  403   403   403    403   403 403 403 403 404 403 403 403   404  404 404  403  403
GET    /api/imports/{importId}/rows                                      own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/imports/{importId}/rows                                      other    401  403  403   403   403    403   403 403 403 403 200 403 403 403   200  200 200  403  403
GET    /api/imports/{importId}/rows                                      foreign  401  403  403   403   403    403   403 403 403 403 404 403 403 403   404  404 404  403  403
GET    /api/imports/{importId}/errors                                    own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/imports/{importId}/errors                                    other    401  403  403   403   403    403   403 403 403 403 409 403 403 403   409  409 409  403  403
GET    /api/imports/{importId}/errors                                    foreign  401  403  403   403   403    403   403 403 403 403 404 403 403 403   404  404 404  403  403
GET    /api/sync/health                                                  any      401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/sync/jobs                                                    any      401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/sync/jobs                                                    foreign  401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
POST   /api/sync/jobs/retry                                              any      401  403  403   403   403    403   403 403 403 403 403 403 200 403   200  200 403  403  403
POST   /api/sync/jobs/discard                                            any      401  403  403   403   403    403   403 403 403 403 403 403 200 403   200  200 403  403  403
GET    /api/sync/jobs/{jobId}                                            own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/sync/jobs/{jobId}                                            other    401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/sync/jobs/{jobId}                                            foreign  401  403  403   403   403    403   403 403 403 403 403 404 403 403   404  404 404  404  403
PATCH  /api/sync/jobs/{jobId}                                            own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
PATCH  /api/sync/jobs/{jobId}                                            other    401  403  403   403   403    403   403 403 403 403 403 403 200 403   200  200 403  403  403
PATCH  /api/sync/jobs/{jobId}                                            foreign  401  403  403   403   403    403   403 403 403 403 403 403 404 403   404  404 403  403  403
POST   /api/sync/jobs/{jobId}/retry                                      own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/sync/jobs/{jobId}/retry                                      other    401  403  403   403   403    403   403 403 403 403 403 403 200 403   200  200 403  403  403
POST   /api/sync/jobs/{jobId}/retry                                      foreign  401  403  403   403   403    403   403 403 403 403 403 403 404 403   404  404 403  403  403
POST   /api/sync/jobs/{jobId}/discard                                    own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/sync/jobs/{jobId}/discard                                    other    401  403  403   403   403    403   403 403 403 403 403 403 200 403   200  200 403  403  403
POST   /api/sync/jobs/{jobId}/discard                                    foreign  401  403  403   403   403    403   403 403 403 403 403 403 404 403   404  404 403  403  403
POST   /api/integrations                                                 any      401  403  403   403   403    403   403 403 403 403 403 403 403 200   200  200 403  403  403
GET    /api/integrations                                                 any      401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/integrations                                                 foreign  401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/integrations/{integrationId}                                 own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/integrations/{integrationId}                                 other    401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/integrations/{integrationId}                                 foreign  401  403  403   403   403    403   403 403 403 403 403 404 403 403   404  404 404  404  403
DELETE /api/integrations/{integrationId}                                 own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
DELETE /api/integrations/{integrationId}                                 other    401  403  403   403   403    403   403 403 403 403 403 403 403 200   200  200 403  403  403
DELETE /api/integrations/{integrationId}                                 foreign  401  403  403   403   403    403   403 403 403 403 403 403 403 404   404  404 403  403  403
POST   /api/integrations/{integrationId}/sync                            own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/integrations/{integrationId}/sync                            other    401  403  403   403   403    403   403 403 403 403 403 403 202 403   202  202 403  403  403
POST   /api/integrations/{integrationId}/sync                            foreign  401  403  403   403   403    403   403 403 403 403 403 403 404 403   404  404 403  403  403
GET    /api/integrations/{integrationId}/deliveries                      own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/integrations/{integrationId}/deliveries                      other    401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/integrations/{integrationId}/deliveries                      foreign  401  403  403   403   403    403   403 403 403 403 403 404 403 403   404  404 404  404  403
POST   /api/integrations/{integrationId}/deliveries/{deliveryId}/retry   own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/integrations/{integrationId}/deliveries/{deliveryId}/retry   other    401  403  403   403   403    403   403 403 403 403 403 403 200 403   200  200 403  403  403
POST   /api/integrations/{integrationId}/deliveries/{deliveryId}/retry   foreign  401  403  403   403   403    403   403 403 403 403 403 403 404 403   404  404 403  403  403
POST   /api/integrations/{integrationId}/deliveries/{deliveryId}/discard own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/integrations/{integrationId}/deliveries/{deliveryId}/discard other    401  403  403   403   403    403   403 403 403 403 403 403 200 403   200  200 403  403  403
POST   /api/integrations/{integrationId}/deliveries/{deliveryId}/discard foreign  401  403  403   403   403    403   403 403 403 403 403 403 404 403   404  404 403  403  403
GET    /api/runs                                                         any      401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/runs                                                         foreign  401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/runs/{runId}                                                 own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/runs/{runId}                                                 other    401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/runs/{runId}                                                 foreign  401  403  403   403   403    403   403 403 403 403 403 404 403 403   404  404 404  404  403
POST   /api/runs/{runId}/cancel                                          own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/runs/{runId}/cancel                                          other    401  403  403   403   403    403   403 403 403 403 403 403 200 403   200  200 403  403  403
POST   /api/runs/{runId}/cancel                                          foreign  401  403  403   403   403    403   403 403 403 403 403 403 404 403   404  404 403  403  403
GET    /api/runs/{runId}/records                                         own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/runs/{runId}/records                                         other    401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/runs/{runId}/records                                         foreign  401  403  403   403   403    403   403 403 403 403 403 404 403 403   404  404 404  404  403
GET    /api/duties                                                       any      401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/duties                                                       foreign  401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/duties/{dutyId}                                              own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
GET    /api/duties/{dutyId}                                              other    401  403  403   403   403    403   403 403 403 403 403 200 403 403   200  200 200  200  403
GET    /api/duties/{dutyId}                                              foreign  401  403  403   403   403    403   403 403 403 403 403 404 403 403   404  404 404  404  403
POST   /api/duties/{dutyId}/fulfil                                       own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  403
POST   /api/duties/{dutyId}/fulfil                                       other    401  403  403   403   403    200   403 403 403 403 403 403 403 403   200  200 403  403  403
POST   /api/duties/{dutyId}/fulfil                                       foreign  401  403  403   403   403    404   403 403 403 403 403 403 403 403   404  404 403  403  403
POST   /api/webhooks/shopify                                             any      400  400  400   400   400    400   400 400 400 400 400 400 400 400   400  400 400  400  400
POST   /api/webhooks/commerce7                                           any      401  401  401   401   401    401   401 401 401 401 401 401 401 401   401  401 401  401  401
POST   /api/webhooks/commerce7/{secret}                                  own        .    .    .     .     .      .     .   .   .   .   .   .   .   .     .    .   .    .  401
POST   /api/webhooks/commerce7/{secret}                                  other    401  401  401   401   401    401   401 401 401 401 401 401 401 401   401  401 401  401  401
POST   /api/webhooks/commerce7/{secret}                                  foreign  401  401  401   401   401    401   401 401 401 401 401 401 401 401   401  401 401  401  401
GET    /openapi.json                                                     any      200  200  200   200   200    200   200 200 200 200 200 200 200 200   200  200 200  200  200
GET    /docs                                                             any      200  200  200   200   200    200   200 200 200 200 200 200 200 200   200  200 200  200  200
"""  # noqa: E501 - a table is read by its columns

COLUMNS = {
    Scope.CLUB_READ: "clR",
    Scope.CLUB_ENROLL: "clE",
    Scope.CLUB_WRITE: "clW",
    Scope.IMPORTS_WRITE: "imp",
    Scope.SYNC_READ: "syR",
    Scope.SYNC_WRITE: "syW",
    Scope.INTEGRATIONS_WRITE: "inW",
}
"""Of the scopes that are not about customers."""
KEYS = {COLUMNS.get(s, s.removeprefix("customers:")): frozenset({s}) for s in Scope} | {"bare": frozenset[Scope]()}
STAFF = {"SUPER": Role.SUPER_ADMIN, "CORP": Role.CORPORATE_ADMIN, "SUB": Role.SUB_ADMIN, "VIEW": Role.VIEWER}
SECRET = "Xanthippe of "
"""And the tenant: the first name of everybody here. Whoever may not see somebody must not read it."""
MISSING = "."
"""No cell: only a user has a record of the own."""


@dataclass(frozen=True)
class Row:
    """What each caller is answered in one case of one route."""

    method: str
    path: str
    case: str
    statuses: dict[str, int]

    @property
    def route(self) -> str:
        """As `REQUESTS` names it."""
        return f"{self.method} {self.path}"


def _read_table() -> tuple[list[str], list[Row]]:
    heading, *lines = (line.split() for line in TABLE.strip().splitlines())
    callers = heading[3:]
    return callers, [_read_row(line[:3], dict(zip(callers, line[3:], strict=True))) for line in lines]


def _read_row(words: list[str], cells: dict[str, str]) -> Row:
    method, path, case = words
    return Row(method, path, case, {caller: int(cell) for caller, cell in cells.items() if cell != MISSING})


CALLERS, ROWS = _read_table()


@dataclass(frozen=True)
class Subject:
    """Whom a call is about: a customer of the tenant that `house` is, with its full key; `caller` calls, who is of
    the tenant `home`."""

    id: str
    email: str
    house: Api
    caller: Api
    home: Api
    is_own: bool


@dataclass(frozen=True)
class Asked:
    """What is asked: the path's parameter, the query and the body; and the path's second parameter, of a few routes."""

    parameter: str = ""
    query: dict[str, str] | None = None
    body: dict[str, Any] | None = None
    second: str = ""


def _manage(subject: Subject) -> Asked:
    return Asked(body={} if subject.is_own else {"email": subject.email})


def _merge(subject: Subject) -> Asked:
    return Asked(subject.id, body={"otherId": _somebody(subject.house, email=Person().email).id})


def _unmerge(subject: Subject) -> Asked:
    _call(subject.house, "POST", f"/api/customers/{subject.id}/merge", _merge(subject))
    return Asked(subject.id, body={})


def _conflict(subject: Subject) -> Asked:
    person = Person()
    _somebody(subject.house, phone=person.phone)
    found = subject.house.manage(email=subject.email, phone=person.phone)
    return Asked(found.body["conflicts"]["id"])


def _conflicts(subject: Subject) -> Asked:
    """There is one to be listed."""
    _conflict(subject)
    return Asked()


def _resolve(subject: Subject) -> Asked:
    return Asked(_conflict(subject).parameter, body={"decision": "keep_separate"})


def _erasure(subject: Subject) -> Asked:
    erased = _call(subject.house, "DELETE", f"/api/customers/{subject.id}", Asked())
    return Asked(erased.json()["erasure"]["id"])


def _own_code(subject: Subject) -> Asked:
    asker = subject.caller if subject.is_own else subject.house
    email = Person().email
    sent = asker.send_code(email=email)
    code = asker.outbox(email)[0]["text"][:6]
    return Asked(sent.body["verificationId"], body={"code": code})


def _import(subject: Subject) -> Asked:
    """One whose file is there."""
    announced = _call(subject.house, "POST", "/api/imports", Asked(body={})).json()
    content = f"email,first\n{Person().email},{SECRET}{subject.house.tenant_id}\n"
    upload = announced["upload"]
    httpx.request(upload["method"], upload["url"], content=content, headers=upload["headers"]).raise_for_status()
    return Asked(announced["import"]["id"], body={})


def _import_to_read(subject: Subject) -> Asked:
    return Asked(_import(subject).parameter)


def _imports(subject: Subject) -> Asked:
    """There is one to be listed."""
    _import(subject)
    return Asked()


@cache
def _stage(house: Api, name: str) -> str:
    """A tenant has room for some dozens of stages only."""
    body = {"name": f"{name} {secrets.token_hex(4)}", "discountPercent": 5}
    made = _call(house, "POST", "/api/stages", Asked(body=body))
    return str(made.json()["stage"]["id"])


def _new_stage(_: Subject) -> Asked:
    return Asked(body={"name": secrets.token_hex(4), "discountPercent": 5})


def _stage_of(subject: Subject) -> Asked:
    return Asked(_stage(subject.house, "Access"), body={"rank": 1})


def _deletable_stage(subject: Subject) -> Asked:
    made = _call(subject.house, "POST", "/api/stages", _new_stage(subject)).json()["stage"]["id"]
    if subject.is_own or subject.house is not subject.home:
        _call(subject.house, "DELETE", f"/api/stages/{made}", Asked())
    return Asked(made)


def _enroll(subject: Subject) -> Asked:
    return Asked(body={"customerId": subject.id, "stageId": _stage(subject.home, "Access")})


def _enroll_all(subject: Subject) -> Asked:
    return Asked(body={"customerIds": [subject.id], "stageId": _stage(subject.home, "Access")})


def _enrollment(subject: Subject) -> Asked:
    """There is one; its id, and what a move asks for."""
    customer = subject.id if not subject.is_own else _somebody(subject.house, email=Person().email).id
    body = {"customerId": customer, "stageId": _stage(subject.house, "Access")}
    made = _call(subject.house, "POST", "/api/enrollments", Asked(body=body)).json()
    return Asked(made["enrollment"]["id"], body={})


def _move(subject: Subject) -> Asked:
    return Asked(_enrollment(subject).parameter, body={"stageId": _stage(subject.home, "Better")})


def _enrollments(subject: Subject) -> Asked:
    _enrollment(subject)
    return Asked(query={"customerId": subject.id})


@cache
def _lasting_stage(house: Api) -> str:
    body = {"name": f"A year {secrets.token_hex(4)}", "discountPercent": 5, "durationMonths": 12}
    return str(_call(house, "POST", "/api/stages", Asked(body=body)).json()["stage"]["id"])


def _job(subject: Subject) -> Asked:
    """The end of somebody's membership, which waits for its day."""
    customer = _somebody(subject.house, email=Person().email).id
    body = {"customerId": customer, "stageId": _lasting_stage(subject.house)}
    made = _call(subject.house, "POST", "/api/enrollments", Asked(body=body)).json()
    tenant, enrollment = TenantId(subject.house.tenant_id), EnrollmentId(made["enrollment"]["id"])
    return Asked(owing.end_enrollment(tenant, enrollment).job, body={})


def _order(subject: Subject) -> Asked:
    return Asked(
        body={
            "externalId": secrets.token_hex(8),
            "customerId": subject.id,
            "total": {"amount": "10.00", "currency": "USD"},
            "placedAt": "2026-11-21T10:00:00Z",
            "paid": True,
        }
    )


@dataclass(frozen=True)
class Storeroom:
    """Where shops of the test's own, and what belongs to them, are put; `demo` is a request that connects a double."""

    integrations: DynamoIntegrationStore
    runs: DynamoRunStore
    deliveries: DynamoDeliveryStore
    duties: DynamoDutyStore
    demo: dict[str, Any]


_STORES: list[Storeroom] = []
"""The one of the running hub."""


@pytest.fixture(scope="module", autouse=True)
def stores(stack: Hub) -> Iterator[None]:
    """Open the storeroom of the hub."""
    database = Database(stack.emulator.client("dynamodb"))
    customers, work = stack.tables["CUSTOMERS_TABLE"], stack.tables["WORK_TABLE"]
    shards = ShardReader(database)
    shopify = next(one for one in stack.partners if one.name is PartnerName.SHOPIFY)
    demo = {"platform": "shopify", "account": account(shopify), "credentials": hub_credentials(shopify)}
    _STORES.append(
        Storeroom(
            DynamoIntegrationStore(database, work),
            DynamoRunStore(database, work),
            DynamoDeliveryStore(database, shards, work),
            DynamoDutyStore(database, shards, customers, work),
            demo,
        )
    )
    yield
    tenants = [TenantId(tenant.id) for tenant in stack.tenants]
    database.delete_all([keys.integration(work, tenant, _shop_of(tenant)) for tenant in tenants])
    _STORES.clear()


def _shop_of(tenant: TenantId) -> IntegrationId:
    """Another one at each house, or nobody's would be foreign."""
    return IntegrationId(f"shop-of-{tenant}")


def _shop(subject: Subject) -> Integration:
    """The house's one whose platform is not there: whoever is enrolled is owed to every shop there is."""
    store, tenant = _STORES[0].integrations, TenantId(subject.house.tenant_id)
    known = store.get_integration(tenant, _shop_of(tenant))
    account, nowhere = f"shop-{secrets.token_hex(4)}", "http://127.0.0.1:9"
    new = Integration(tenant, _shop_of(tenant), Platform.COMMERCE7, account, datetime.now(UTC), nowhere)
    shop = replace(known or new, active=True)
    if shop != known:
        store.put_integration(shop)
    return shop


def _integration(subject: Subject) -> Asked:
    return Asked(_shop(subject).id)


def _integrations(subject: Subject) -> Asked:
    """There is one to be listed."""
    _shop(subject)
    return Asked()


def _sync(subject: Subject) -> Asked:
    return Asked(_shop(subject).id, body={})


def _delivery(subject: Subject) -> Asked:
    """One that is parked."""
    shop, now = _shop(subject), datetime.now(UTC)
    parked = DeliveryStatus.PARKED
    delivery = Delivery(shop.tenant, shop.id, secrets.token_hex(8), "Customer/Update", now, now, b"{}", status=parked)
    assert _STORES[0].deliveries.put_delivery_if_absent(delivery)
    return Asked(shop.id, second=delivery.id)


def _run(subject: Subject) -> Asked:
    """One that nobody works yet."""
    shop, now, store = _shop(subject), datetime.now(UTC), _STORES[0].runs
    run = Run(shop.tenant, new_run_id(), shop.id, RunKind.PULL, CredentialId("key:test"), now, now)
    store.start_run(run, replace(store.get_pull_state(shop.tenant, shop.id), run=run.id))
    return Asked(run.id)


def _runs(subject: Subject) -> Asked:
    """There is one to be listed."""
    _run(subject)
    return Asked()


def _duty(subject: Subject) -> Asked:
    """A request for data that waits for staff."""
    shop, now = _shop(subject), datetime.now(UTC)
    kind, name = DutyKind.DATA_REQUEST, DutyId(secrets.token_hex(16))
    duty = Duty(shop.tenant, name, kind, shop.id, now, now + TERM, ExternalId("1"), (CustomerId(subject.id),))
    _STORES[0].duties.put_duty(duty)
    return Asked(duty.id)


def _duties(subject: Subject) -> Asked:
    """There is one to be listed."""
    _duty(subject)
    return Asked()


def _webhook(_: Subject) -> Asked:
    """Nobody has signed it."""
    return Asked("a-guess", body={"object": "Customer", "action": "Update", "payload": {"id": "1"}, "tenantId": "x"})


def _by_id(**body: Any) -> Callable[[Subject], Asked]:
    return lambda subject: Asked(subject.id, body=body or None)


def _nothing(_: Subject) -> Asked:
    return Asked()


REQUESTS: dict[str, Callable[[Subject], Asked]] = {
    "POST /functions/v1/customer-management": _manage,
    "GET /api/customers": lambda subject: Asked(query={"q": subject.email}),
    "GET /api/customers/{customerId}": _by_id(),
    "PATCH /api/customers/{customerId}": _by_id(lastName="Lee"),
    "DELETE /api/customers/{customerId}": _by_id(),
    "GET /api/customers/{customerId}/timeline": _by_id(),
    "GET /api/customers/{customerId}/export": _by_id(),
    "POST /api/customers/{customerId}/merge": _merge,
    "POST /api/customers/{customerId}/unmerge": _unmerge,
    "GET /api/conflicts": _conflicts,
    "GET /api/conflicts/{conflictId}": _conflict,
    "POST /api/conflicts/{conflictId}/resolve": _resolve,
    "GET /api/erasures/{erasureId}": _erasure,
    "POST /api/verifications": lambda _: Asked(body={"email": Person().email}),
    "POST /api/verifications/{verificationId}": _own_code,
    "GET /api/analytics/sources": _nothing,
    "GET /api/analytics/merges": _nothing,
    "GET /api/analytics/quality": _nothing,
    "POST /api/stages": _new_stage,
    "GET /api/stages": _nothing,
    "GET /api/stages/{stageId}": _stage_of,
    "PATCH /api/stages/{stageId}": _stage_of,
    "DELETE /api/stages/{stageId}": _deletable_stage,
    "POST /api/enrollments": _enroll,
    "GET /api/enrollments": _enrollments,
    "POST /api/enrollments/bulk": _enroll_all,
    "GET /api/enrollments/{enrollmentId}": _enrollment,
    "POST /api/enrollments/{enrollmentId}/move": _move,
    "POST /api/enrollments/{enrollmentId}/cancel": _enrollment,
    "POST /api/orders": _order,
    "POST /api/imports": lambda _: Asked(body={"fileName": "members.csv"}),
    "GET /api/imports": _imports,
    "GET /api/imports/{importId}": _import_to_read,
    "POST /api/imports/{importId}/preview": _import,
    "POST /api/imports/{importId}/commit": _import,
    "POST /api/imports/{importId}/cancel": _import,
    "GET /api/imports/{importId}/rows": _import_to_read,
    "GET /api/imports/{importId}/errors": _import_to_read,
    "GET /api/sync/health": _nothing,
    "GET /api/sync/jobs": lambda subject: Asked(query={"customerId": subject.id}),
    "POST /api/sync/jobs/retry": lambda _: Asked(body={"ids": ["0" * 32]}),
    "POST /api/sync/jobs/discard": lambda _: Asked(body={"ids": ["0" * 32]}),
    "GET /api/sync/jobs/{jobId}": _job,
    "PATCH /api/sync/jobs/{jobId}": _job,
    "POST /api/sync/jobs/{jobId}/retry": lambda subject: Asked(_job(subject).parameter),
    "POST /api/sync/jobs/{jobId}/discard": lambda subject: Asked(_job(subject).parameter),
    "POST /api/integrations": lambda _: Asked(body=_STORES[0].demo),
    "GET /api/integrations": _integrations,
    "GET /api/integrations/{integrationId}": _integration,
    "DELETE /api/integrations/{integrationId}": _integration,
    "POST /api/integrations/{integrationId}/sync": _sync,
    "GET /api/integrations/{integrationId}/deliveries": _delivery,
    "POST /api/integrations/{integrationId}/deliveries/{deliveryId}/retry": _delivery,
    "POST /api/integrations/{integrationId}/deliveries/{deliveryId}/discard": _delivery,
    "GET /api/runs": _runs,
    "GET /api/runs/{runId}": _run,
    "POST /api/runs/{runId}/cancel": _run,
    "GET /api/runs/{runId}/records": _run,
    "GET /api/duties": _duties,
    "GET /api/duties/{dutyId}": _duty,
    "POST /api/duties/{dutyId}/fulfil": _duty,
    "POST /api/webhooks/shopify": _webhook,
    "POST /api/webhooks/commerce7": _webhook,
    "POST /api/webhooks/commerce7/{secret}": _webhook,
    "GET /openapi.json": _nothing,
    "GET /docs": _nothing,
}


def test_the_table_has_every_route_and_every_caller() -> None:
    assert {row.route for row in ROWS} == {f"{route.method} {route.path}" for route in HTTP_ROUTES} == REQUESTS.keys()
    assert set(CALLERS) == {"none", "user", *KEYS, *STAFF}
    assert len(ROWS) == len({(row.route, row.case) for row in ROWS})


@pytest.mark.parametrize("route", [route for route in HTTP_ROUTES if "{" in route.path], ids=lambda r: r.path)
def test_the_table_has_every_case_of_a_route_about_somebody(route: Any) -> None:
    rows = {row.case: row for row in ROWS if row.route == f"{route.method} {route.path}"}
    assert rows.keys() == {"own", "other", "foreign"}
    assert [row.statuses.keys() for row in rows.values()] == [{"user"}, set(CALLERS), set(CALLERS)]


@pytest.fixture(scope="module")
def service_keys(stack: Hub, tenants: list[Api]) -> dict[str, str]:
    """A key with each set of scopes, by its name in the table, of the first demo tenant."""
    app = build_credential_app(Settings(stack.tables), stack.emulator.client("dynamodb"))
    issued = {}
    for name, scopes in KEYS.items():
        tenant, store = TenantId(tenants[0].tenant_id), app.credentials
        _, issued[name] = issue_service_key(
            tenant, name, scopes, calls_per_minute=6000, expires_at=None, store=store, clock=app.clock
        )
    return issued


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.route} {row.case}")
def test_the_answer_is_the_one_that_the_table_says(tenants: list[Api], service_keys: dict[str, str], row: Row) -> None:
    """Invariant 7."""
    answered, shared = {}, None
    for name, status in row.statuses.items():
        caller = _caller(name, tenants[0], service_keys)
        changes = status < httpx.codes.BAD_REQUEST and row.method != "GET"
        if shared is None or changes or row.case == "own":
            shared = REQUESTS[row.route](_subject(row, caller, tenants))
        response = _call(caller, row.method, row.path, shared)
        answered[name] = response.status_code
        assert SECRET + tenants[1].tenant_id not in response.text, name
        assert response.is_success or SECRET not in response.text, name
    assert answered == row.statuses


def _caller(name: str, tenant: Api, service_keys: dict[str, str]) -> Api:
    if name in KEYS:
        return Api(tenant.client, tenant.tenant_id, service_keys[name])
    if name == "none":
        return Api(tenant.client, tenant.tenant_id, "")
    subject = f"{name}-{secrets.token_hex(4)}"
    if name == "user":
        return tenant.as_user(subject, email=Person().email, emailVerified=True)
    return tenant.as_user(subject, role=STAFF[name])


def _subject(row: Row, caller: Api, tenants: list[Api]) -> Subject:
    house = tenants[1] if row.case == "foreign" else tenants[0]
    is_own = row.case == "own"
    customer = _somebody(caller).customer if is_own else _somebody(house, email=Person().email).customer
    return Subject(customer["id"], customer["email"], house, caller, tenants[0], is_own)


def _somebody(house: Api, **identifiers: str) -> Reply:
    return house.manage(**identifiers, firstName=SECRET + house.tenant_id)


def _call(caller: Api, method: str, path: str, asked: Asked) -> httpx.Response:
    parameters = iter((asked.parameter, asked.second))
    target = re.sub(r"\{\w+\}", lambda _: next(parameters), path)
    headers = {"Authorization": f"Bearer {caller.credential}"} if caller.credential else {}
    return caller.client.request(method, target, params=asked.query, json=asked.body, headers=headers)
