/** The entry `@naru/guard`: tokens, rights and limits for the clients of a server. */
export { ConfigError, UnavailableError } from 'naru/base';
export { type JwtOptions, jwt } from '../jwt.js';
export { Bucket, type Rate } from '../limits/bucket.js';
export type {
  AddressLimits,
  GivenRate,
  LimitOptions,
  LimitOutcome,
  ScopeLimits,
  ServerLimits,
  UserOf,
} from '../limits/options.js';
export type { GuardOptions, RenewHook, RightsReader } from '../options.js';
export type { User } from '../pass.js';
export { type ProtectedServer, protect } from '../protect.js';
export { type RefusalCode, type RefusalData, type RefusalError, refusal } from '../refusal.js';
export { user } from '../reserved-rooms.js';
export type { RoomRight, RoomRights } from '../rights.js';
export type { RevokeOptions } from '../server-guard.js';
export type { TokenFacts, TokenReader } from '../token.js';
