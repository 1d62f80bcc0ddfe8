"""What a certificate says of itself."""

from datetime import datetime

from cryptography.x509 import load_pem_x509_certificate
from cryptography.x509.oid import NameOID


def certificate_end(pem: bytes) -> datetime:
    """Until when the first certificate in a PEM file is good, in UTC.

    Raises:
        ValueError: it holds none.
    """
    return load_pem_x509_certificate(pem).not_valid_after_utc


def certificate_issuer(pem: bytes) -> str:
    """Who signed the first certificate in a PEM file, by the name of their organisation.

    Raises:
        ValueError: it holds none.
    """
    issuer = load_pem_x509_certificate(pem).issuer
    names = issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME) or (
        issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    )
    return str(names[0].value) if names else issuer.rfc4514_string()
