/** The options of a guard. */
import type { Socket } from 'naru';
import { count, flag, fn, milliseconds, type OptionsOf, objectWith, options, type SettingsOf, value } from 'naru/base';
import type { LimitOptions, LimitSettings } from './limits/options.js';
import type { RoomRights } from './rights.js';
import type { TokenFacts, TokenReader } from './token.js';

/** Decides about a new token of a client, beside the rules that hold for every token. */
export type RenewHook = (socket: Socket, token: TokenFacts, before: TokenFacts) => boolean | Promise<boolean>;

/** Returns the rights of a client with a token. */
export type RightsReader = (token: TokenFacts) => RoomRights | Promise<RoomRights>;

const DAY_MS = 86_400_000;

/** The table of the options of `protect`. */
export const guardTable = options('protect', {
  /** Reads the tokens of clients, such as `jwt({ ... })`. Without it, clients need no token. */
  tokens: fn<TokenReader>(),
  /** The most that clients may do. Off by default. */
  limits: objectWith<LimitOptions>('an object of options', []),
  /** Whether clients without a token are admitted, without a user. @default false */
  anonymous: flag(false),
  /**
   * Decides whether a client may go on with a new token of the same user. Anything but `true` refuses it, and the old
   * token stays.
   */
  renew: fn<RenewHook>(),
  /**
   * The rights of a client to rooms: the name of the claim that has them, or a function. The rules of `io.allow` apply
   * as well. Without this option they alone decide.
   */
  rights: value<string | RightsReader>(
    'the name of a claim, or a function',
    (given) => typeof given === 'string' || typeof given === 'function',
  ),
  /** The longest life of a token in milliseconds. @default 86400000 */
  lifetimeMax: milliseconds(DAY_MS),
  /** The most revocations that are kept. `revoke` rejects beyond that. @default 100000 */
  revocationsMax: count(100_000),
});

/** The options of `protect`. */
export interface GuardOptions extends OptionsOf<typeof guardTable> {}

/** The options with their defaults. */
export interface GuardSettings extends Omit<SettingsOf<typeof guardTable>, 'renew' | 'limits'> {
  readonly limits: LimitSettings | undefined;
  readonly renew: RenewHook;
}
