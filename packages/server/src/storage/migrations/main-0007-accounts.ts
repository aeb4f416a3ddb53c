import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** People, their sessions and tokens, and the override that waits for a second person. Of what opens a door only hashes. */
export const main0007Accounts: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
  },
}

const STATEMENTS = [
  `create table user_account (
    name text primary key not null, role text not null, password_hash text, disabled integer not null, created_at integer not null,
    created_by text not null, signed_in_at integer) strict`,
  `create table setup_link (
    user_name text primary key not null references user_account (name), hash text unique not null, expires_at integer not null) strict`,
  `create table user_session (
    id text primary key not null, hash text unique not null, previous_hash text, renewed_at integer not null,
    user_name text not null references user_account (name), created_at integer not null, seen_at integer not null,
    ends_at integer not null, confirmed_at integer not null, address text not null, agent text not null) strict`,
  `create index user_session_previous on user_session (previous_hash) where previous_hash is not null`,
  `create index user_session_user on user_session (user_name)`,
  `create table api_token (
    id text primary key not null, hash text unique not null, user_name text not null references user_account (name),
    name text not null, permissions text not null, created_at integer not null, expires_at integer not null, used_at integer,
    unique (user_name, name)) strict`,
  `create table override_ask (
    id text primary key not null, rollout_id text not null, asked_by text not null, reason text not null, asked_at integer not null,
    expires_at integer not null) strict`,
]
