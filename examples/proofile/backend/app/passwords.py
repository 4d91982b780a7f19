"""Passwords are kept as scrypt hashes: `scrypt$n$r$p$salt$key`, both in hexadecimal."""

import hashlib
import hmac
import secrets

COST, BLOCK, LANES = 2**14, 8, 1


def hash_password(password: str, cost: int = COST) -> str:
    """Hash with a new salt."""
    salt = secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=cost, r=BLOCK, p=LANES)
    return f"scrypt${cost}${BLOCK}${LANES}${salt.hex()}${key.hex()}"


def password_matches(password: str, stored: str) -> bool:
    """Compare in constant time; a hash that cannot be read matches nothing."""
    try:
        scheme, cost, block, lanes, salt, key = stored.split("$")
        if scheme != "scrypt":
            return False
        computed = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=int(cost), r=int(block), p=int(lanes))
        return hmac.compare_digest(computed, bytes.fromhex(key))
    except ValueError:
        return False


NOBODY = hash_password(secrets.token_hex())  # verified for unknown users: the same time is spent
