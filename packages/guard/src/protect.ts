/** Puts a guard before the clients of a server. */
import { ConfigError, readOptions } from 'naru/base';
import { openGuard } from 'naru/guard';
import { type LimitOptions, type LimitSettings, readLimits } from './limits/options.js';
import { type GuardOptions, type GuardSettings, guardTable } from './options.js';
import type { User } from './pass.js';
import { type GuardedServer, type RevokeOptions, ServerGuard } from './server-guard.js';

declare module 'naru' {
  interface Socket {
    /** The person behind the socket, by its token. `undefined` without a guard, and for a client without a token. */
    user?: User | undefined;
  }
}

/** The guard of a server. */
export interface ProtectedServer {
  /**
   * Ends a person, a session or a token on all nodes. Resolves when the store has it. Each node carries it out within a
   * second, also if this one ends right after that. Sessions that are away cannot come back. Rejects with
   * UnavailableError if the store does not take it, or if `revocationsMax` revocations are kept already.
   */
  revoke(what: RevokeOptions): Promise<void>;
}

/**
 * Guards all namespaces of a server, also later ones, on every wire. Call it before clients connect. Throws ConfigError
 * for invalid options, and for a server that has a guard already.
 */
export function protect(io: GuardedServer, given: GuardOptions): ProtectedServer {
  const settings = readOptions(guardTable, given ?? null);
  const { tokens, limits, renew = () => true } = settings;
  if (!tokens && !limits)
    throw new ConfigError('BAD_OPTION', 'Give protect "tokens", such as jwt({ ... }), or "limits".');
  const all: GuardSettings = { ...settings, limits: limits && limitsOf(limits, tokens !== undefined), renew };
  return openGuard(io, (host) => new ServerGuard(io, host, all));
}

/** Reads the limits. With tokens, only these name persons. */
function limitsOf(given: LimitOptions, hasTokens: boolean): LimitSettings {
  const limits = readLimits(given);
  return hasTokens ? { ...limits, userOf: undefined } : limits;
}
