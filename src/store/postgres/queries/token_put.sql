INSERT INTO token (account, digest, role, scope, expires_at, revoked_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account) DO UPDATE
SET digest = excluded.digest, role = excluded.role, scope = excluded.scope,
    expires_at = excluded.expires_at, revoked_at = excluded.revoked_at
