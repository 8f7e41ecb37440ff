//! Rules as people print them, in tables of cases; reading what was written; arbitrary text; the bound on cost.
