"""All cryptography of a box, in one folder for whoever reviews it.

    sealing          values at rest: AES-256-GCM, a fresh 96-bit nonce each; the key's id stands beside
                     the nonce and the row's identity is authenticated, so that a value can't move to
                     another row
    tokens           API keys, 40 hex digits of randomness, stored as SHA-256 only: a hash without salt
                     or cost is right for what can't be guessed, and lets the database find it by
                     index; the same for partners' keys, sessions and setup links.
                     Webhooks: HMAC-SHA256 over the raw body, with a secret of 256 random bits
    passwords        argon2id, off the event loop
    totp             second factors: RFC 6238
    encrypted_file   backups: AES-256-GCM in chunks under a key that argon2id makes of a passphrase;
                     each chunk knows its place and whether it is the last, so that none can be moved
                     or cut off
    certificates     only read: until when one is good, and who signed it

The algorithms are those of the libraries `cryptography` and `argon2-cffi`; nothing is invented here.
"""
