"""An operator takes a merchant in."""

from phonenumbers import SUPPORTED_REGIONS

from customerhub.domain.credentials import Issuer, check_issuer_url
from customerhub.domain.tenant import Tenant, tenant_id
from customerhub.errors import GuardFailed, InvalidInput, TooMuchContention
from customerhub.ports import CredentialStore


def register_tenant(tenant: Tenant, issuer: Issuer | None, *, store: CredentialStore) -> None:
    """Register a tenant and its identity provider, or change them; idempotent by the tenant's id.

    A tenant has one issuer: with another one, tokens of the former are refused, since two providers may give two
    people one subject. Raises InvalidInput for a bad id, region or URL, and for an issuer that is another tenant's.
    """
    tenant_id(tenant.id)
    if tenant.region not in SUPPORTED_REGIONS:
        raise InvalidInput("an ISO 3166 alpha-2 code in capital letters, such as US or GB", field="region")
    if tenant.default_area_code is not None and not tenant.default_area_code.isdecimal():
        raise InvalidInput("digits only", field="area-code")
    if issuer:
        check_issuer_url(issuer.url, "issuer")
        check_issuer_url(issuer.jwks_url, "jwks-url")
    known = store.get_registration(tenant.id)
    try:
        store.put_registration(tenant, issuer, replaced=known[1] if known else None)
    except GuardFailed as error:
        now = store.get_registration(tenant.id)
        if now and now[0].hash_key != tenant.hash_key:
            raise TooMuchContention("the tenant was registered by somebody else at this moment") from error
        raise InvalidInput("this issuer belongs to another tenant", field="issuer") from error
