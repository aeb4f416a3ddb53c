import { Type, type Static, type TSchema } from 'typebox'
import { PERMISSION_NAMES, ROLES, TOKEN_PERMISSIONS, type Permission } from './permissions.ts'

const Ms = Type.Integer({ description: 'ms since 1970' })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const closed = { additionalProperties: false }

/** Holds the session; over TLS with `__Host-` in front. */
export const SESSION_COOKIE = 'spark_session'
/** A page of another origin cannot send it without asking first, and is not allowed to. */
export const CSRF_HEADER = 'x-spark-request'

export const PASSWORD_LENGTH_MIN = 12
/** What is typed to sign in; longer ones would only cost time. */
const Typed = Type.String({ minLength: 1, maxLength: 128 })
const NewPassword = Type.String({ minLength: 1, maxLength: 128, description: `at least ${PASSWORD_LENGTH_MIN} characters` })
export const UserName = Type.String({ pattern: '^[a-z][a-z0-9._-]{1,31}$', description: 'as the audit shows it' })

export const SignIn = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }), password: Typed }, closed)
export const SetUp = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 200, description: 'what stands behind # in the link' }),
    password: NewPassword,
  },
  closed,
)
export const PasswordAgain = Type.Object({ password: Typed }, closed)
export const PasswordChange = Type.Object({ current: Typed, password: NewPassword }, closed)

const flags = Object.fromEntries(PERMISSION_NAMES.map((name) => [name, Type.Boolean()]))
export const SessionAnswer = Type.Object({
  kind: Type.Union([Type.Literal('anonymous'), Type.Literal('machine'), Type.Literal('session'), Type.Literal('token')], {
    description: 'machine: the operator token of the data folder, or that of the executor',
  }),
  name: nullable(Type.String({ description: 'as the audit shows it' })),
  role: nullable(Type.Enum(ROLES)),
  permissions: Type.Object(flags as Record<Permission, ReturnType<typeof Type.Boolean>>),
  sessionId: nullable(Type.String()),
  stepUpUntil: nullable(Type.Integer({ description: 'ms; until then nothing asks for the password again' })),
  endsAt: nullable(Type.Integer({ description: 'ms; sooner when nothing is asked for so long as idleMs says' })),
  idleMs: nullable(Type.Integer()),
  ready: Type.Boolean({ description: 'false: nobody has a password yet, the set-up link is waiting' }),
})
export type SessionAnswer = Static<typeof SessionAnswer>

export const SessionList = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      user: Type.String(),
      createdAt: Ms,
      seenAt: Type.Integer({ description: 'ms, to the minute' }),
      endsAt: Ms,
      address: Type.String(),
      agent: Type.String({ description: 'what the browser calls itself' }),
      current: Type.Boolean({ description: 'the one that asks' }),
    }),
    { description: 'newest first' },
  ),
})
export type SessionList = Static<typeof SessionList>
/** Whose: without it one's own. */
export const OwnerQuery = Type.Object(
  { user: Type.Optional(Type.String({ maxLength: 32, description: 'a name, or all' })) },
  closed,
)

export const UserView = Type.Object({
  name: Type.String(),
  role: Type.Enum(ROLES),
  state: Type.Union([Type.Literal('invited'), Type.Literal('active'), Type.Literal('disabled')], {
    description: 'invited: no password yet',
  }),
  createdAt: Ms,
  createdBy: Type.String(),
  signedInAt: nullable(Ms),
})
export type UserView = Static<typeof UserView>
export const UserList = Type.Object({ items: Type.Array(UserView, { description: 'by name' }) })
export const UserParams = Type.Object({ id: UserName }, closed)
export const UserCreate = Type.Object({ name: UserName, role: Type.Enum(ROLES) }, closed)
/** At least one of both. */
export const UserChange = Type.Object({ role: Type.Optional(Type.Enum(ROLES)), disabled: Type.Optional(Type.Boolean()) }, closed)
export const Invitation = Type.Object({
  user: UserView,
  path: Type.String({ description: 'the link without the address: /setup#…; shown this once' }),
  expiresAt: Ms,
})
export type Invitation = Static<typeof Invitation>
/** A body without fields. */
export const Nothing = Type.Object({}, closed)

const TokenPermissions = Type.Array(Type.Enum(TOKEN_PERMISSIONS), { minItems: 1, maxItems: TOKEN_PERMISSIONS.length })
export const TokenView = Type.Object({
  id: Type.String(),
  user: Type.String(),
  name: Type.String(),
  permissions: Type.Array(Type.Enum(TOKEN_PERMISSIONS), { description: 'as far as the role of its owner still has them' }),
  createdAt: Ms,
  expiresAt: Ms,
  usedAt: nullable(Type.Integer({ description: 'ms, to the minute' })),
})
export type TokenView = Static<typeof TokenView>
export const TokenList = Type.Object({ items: Type.Array(TokenView, { description: 'newest first' }) })
export const TokenCreate = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,31}$', description: 'the audit shows OWNER:NAME' }),
    permissions: TokenPermissions,
    days: Type.Integer({ minimum: 1, maximum: 365, description: 'until it expires' }),
  },
  closed,
)
export const TokenCreated = Type.Object({ token: TokenView, secret: Type.String({ description: 'shown this once' }) })
