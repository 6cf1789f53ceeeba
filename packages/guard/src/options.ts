/** The options of a guard. */
import type { Socket } from 'naru';
import { count, flag, fn, milliseconds, type OptionsOf, options, type SettingsOf, value } from 'naru/base';
import type { RoomRights } from './rights.js';
import type { TokenFacts, TokenReader } from './token.js';

/** Decides about a new token of a client, beside the rules that hold for every token. */
export type RenewHook = (socket: Socket, token: TokenFacts, before: TokenFacts) => boolean | Promise<boolean>;

/** Returns the rights of a client with a token. */
export type RightsReader = (token: TokenFacts) => RoomRights | Promise<RoomRights>;

const DAY_MS = 86_400_000;

/** The table of the options of `protect`. */
export const guardTable = options('protect', {
  tokens: fn<TokenReader>(),
  anonymous: flag(false),
  renew: fn<RenewHook>(),
  rights: value<string | RightsReader>(
    'the name of a claim or a function',
    (given) => typeof given === 'string' || typeof given === 'function',
  ),
  lifetimeMax: milliseconds(DAY_MS),
  revocationsMax: count(100_000),
});

/** The options of `protect`. */
export interface GuardOptions extends OptionsOf<typeof guardTable> {
  /** Reads the tokens of clients, such as `jwt({ ... })`. */
  tokens: TokenReader;
  /** Whether clients without a token are admitted, without a user. @default false */
  anonymous?: boolean | undefined;
  /**
   * Decides whether a client may go on with a new token of the same user. An error or `false` refuses it, and the old
   * token stays.
   */
  renew?: RenewHook | undefined;
  /**
   * The rights of a client to rooms: the name of the claim that has them, or a function. The rules of `io.allow` apply
   * as well. Without this option they alone decide.
   */
  rights?: string | RightsReader | undefined;
  /** The longest life of a token in milliseconds, and the time for which a revocation is kept. @default 86_400_000 */
  lifetimeMax?: number | undefined;
  /** The most revocations that are kept. `revoke` rejects beyond that. @default 100_000 */
  revocationsMax?: number | undefined;
}

/** The options with their defaults. */
export interface GuardSettings extends Omit<SettingsOf<typeof guardTable>, 'tokens' | 'renew'> {
  readonly tokens: TokenReader;
  readonly renew: RenewHook;
}
