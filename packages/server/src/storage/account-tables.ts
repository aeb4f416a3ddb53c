export interface UserAccountRow {
  name: string
  role: string
  /** Argon2id, PHC text; null: none was chosen yet. */
  password_hash: string | null
  disabled: number
  created_at: number
  created_by: string
  signed_in_at: number | null
}

/** One a person; hashes here and below are SHA-256 of a random text, hex. */
export interface SetupLinkRow {
  user_name: string
  hash: string
  expires_at: number
}

export interface UserSessionRow {
  /** Names the session where it is listed; opens nothing. */
  id: string
  hash: string
  /** Of the cookie before the newest, which requests on their way still carry. */
  previous_hash: string | null
  /** When the newest cookie was given. */
  renewed_at: number
  user_name: string
  created_at: number
  /** To the minute. */
  seen_at: number
  ends_at: number
  /** When the password was given last; 0: the session may do nothing that asks for it. */
  confirmed_at: number
  address: string
  agent: string
}

export interface ApiTokenRow {
  id: string
  hash: string
  user_name: string
  name: string
  /** JSON list. */
  permissions: string
  created_at: number
  expires_at: number
  used_at: number | null
}

/** Passwords tried by an address, at an account, or both. */
export interface SignInTryRow {
  whose: string
  tries: number
  /** Ms of the world. */
  last_at: number
  wait_until: number
}

export interface OverrideAskRow {
  id: string
  rollout_id: string
  asked_by: string
  reason: string
  asked_at: number
  expires_at: number
}
