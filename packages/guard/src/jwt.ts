/** Reads JSON Web Tokens with `jose`. RFC 7519, RFC 8725. */

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  importJWK,
  importSPKI,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { ConfigError, systemClock } from 'naru/base';
import { type RefusalError, refusal } from './refusal.js';
import { AHEAD_MS, LEEWAY_MAX_MS, type TokenFacts, type TokenReader } from './token.js';

/** The keys, and the claims that a token must have. Give exactly one of `jwks`, `key` and `secret`. */
export interface JwtOptions {
  /** The address of a JSON Web Key Set. Its keys are kept, and fetched again for a key that is unknown. */
  readonly jwks?: string | URL;
  /** A public key as PEM (SPKI) or as JWK. */
  readonly key?: string | JWK;
  /** The algorithm of a `key` as PEM, such as `RS256`. */
  readonly algorithm?: string;
  /** A secret for HS256, HS384 or HS512, of at least 32 bytes. */
  readonly secret?: string | Uint8Array;
  /** The issuer that `iss` must name. */
  readonly issuer: string | string[];
  /** The audience that `aud` must name. */
  readonly audience: string | string[];
  /** The claim that names the user. @default 'sub' */
  readonly user?: string;
  /** Milliseconds that a token is accepted after `exp`, up to 300,000. @default 0 */
  readonly leewayMs?: number;
  /** The time. @default the clock of the machine */
  readonly clock?: { now(): number };
}

/** Milliseconds that a key set may take. */
const FETCH_TIMEOUT_MS = 5_000;
/** Milliseconds between two fetches for unknown keys, so that made-up keys cause no more. */
const FETCH_PAUSE_MS = 30_000;
/** Milliseconds that a key set is kept. */
const KEYS_AGE_MAX_MS = 600_000;
/** Milliseconds after a failed fetch until the next one. */
const RETRY_AFTER_MS = 5_000;
const SECRET_BYTES_MIN = 32;

const SHARED_ALGORITHMS = ['HS256', 'HS384', 'HS512'];
// A server with public keys never accepts a shared secret, so a public key cannot be taken for one. RFC 8725, 3.1.
const PUBLIC_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/**
 * Returns a reader of JSON Web Tokens for `protect`. A token must be signed, and have `exp`, `iat`, the issuer, the
 * audience and the user. Throws ConfigError for invalid options.
 */
export function jwt(options: JwtOptions): TokenReader {
  const { user = 'sub', leewayMs = 0, clock = systemClock } = options;
  const findKey = keyOf(options);
  const claim = (issuer: unknown, name: string): void => {
    const isGiven = typeof issuer === 'string' ? issuer !== '' : Array.isArray(issuer) && issuer.length > 0;
    if (!isGiven) throw wrong(name, 'must be a text or a list of texts');
  };
  claim(options.issuer, 'issuer');
  claim(options.audience, 'audience');
  if (!(leewayMs >= 0 && leewayMs <= LEEWAY_MAX_MS))
    throw wrong('leewayMs', `must be a number of milliseconds from 0 to ${LEEWAY_MAX_MS}`);
  const rules: JWTVerifyOptions = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: options.secret === undefined ? PUBLIC_ALGORITHMS : SHARED_ALGORITHMS,
    requiredClaims: ['exp', 'iat', user],
    // The end and the beginning of a token are checked below, exactly.
    clockTolerance: (AHEAD_MS + leewayMs) / 1_000,
  };
  return async (token) => {
    const now = clock.now();
    const verified = jwtVerify(token, findKey, { ...rules, currentDate: new Date(now) });
    const { payload } = await verified.catch((error: unknown): never => {
      throw error instanceof errors.JWTExpired ? refusal('TOKEN_EXPIRED', 'The token has ended') : error;
    });
    return factsOf(payload, user, leewayMs, now);
  };
}

type FindKey = JWTVerifyGetKey;

function factsOf(payload: JWTPayload, user: string, leewayMs: number, now: number): TokenFacts {
  const { exp, iat, nbf = 0, jti } = payload;
  const name = payload[user];
  if (exp === undefined || iat === undefined || typeof name !== 'string')
    throw refusal('TOKEN_INVALID', 'The token lacks a claim');
  if (Math.max(iat, nbf) * 1_000 > now + AHEAD_MS) throw refusal('TOKEN_INVALID', 'The token begins in the future');
  return {
    user: name,
    issuedAt: iat * 1_000,
    expiresAt: exp * 1_000,
    leewayMs,
    id: typeof jti === 'string' && jti !== '' ? jti : undefined,
    claims: payload,
  };
}

/** Returns how the key of a token is found. A key that is given is imported once. */
function keyOf({ jwks, key, secret, algorithm, clock = systemClock }: JwtOptions): FindKey {
  if ([jwks, key, secret].filter((given) => given !== undefined).length !== 1)
    throw new ConfigError('BAD_OPTION', 'Give jwt exactly one of "jwks", "key" and "secret".');
  if (jwks !== undefined) {
    if (!URL.canParse(`${jwks}`) || !/^https?:/.test(`${jwks}`))
      throw wrong('jwks', 'must be an address that begins with https:// or http://');
    return fetchedKeys(new URL(jwks), clock);
  }
  if (secret !== undefined) {
    const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
    if (!(bytes instanceof Uint8Array) || bytes.length < SECRET_BYTES_MIN)
      throw wrong('secret', `must have at least ${SECRET_BYTES_MIN} bytes`);
    return () => Promise.resolve(bytes);
  }
  return publicKeyOf(key as string | JWK, algorithm);
}

/** Returns the keys at an address. A client whose token cannot be verified because of them may come back. */
function fetchedKeys(url: URL, clock: { now(): number }): FindKey {
  let failedAt = Number.NEGATIVE_INFINITY;
  const find = createRemoteJWKSet(url, {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: FETCH_PAUSE_MS,
    cacheMaxAge: KEYS_AGE_MAX_MS,
  });
  const fail = (): RefusalError =>
    refusal('UNAVAILABLE', 'The keys of the tokens cannot be fetched now', RETRY_AFTER_MS);
  // A made-up key whose fetch fails must not keep out those whose keys are known.
  const findKept: FindKey = async (header, token) => {
    const kept = find.fresh ? find.jwks() : undefined;
    if (!kept) throw fail();
    return createLocalJWKSet(kept)(header, token).catch((error: unknown): never => {
      throw error instanceof errors.JWKSNoMatchingKey ? fail() : error;
    });
  };
  return async (header, token) => {
    if (clock.now() - failedAt < RETRY_AFTER_MS) return await findKept(header, token);
    return find(header, token).catch((error: unknown): never => {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      failedAt = clock.now();
      throw fail();
    });
  };
}

function publicKeyOf(key: string | JWK, algorithm: string | undefined): FindKey {
  const name = algorithm ?? (typeof key === 'string' ? undefined : key.alg);
  if (name === undefined || !PUBLIC_ALGORITHMS.includes(name))
    throw wrong('algorithm', `must be one of ${PUBLIC_ALGORITHMS.join(', ')}`);
  if (typeof key === 'string' && !key.includes('BEGIN PUBLIC KEY'))
    throw wrong('key', 'must be a public key as PEM (SPKI), or a JWK');
  if (typeof key === 'object' && ('d' in key || key.kty === 'oct')) throw wrong('key', 'must be a public key');
  const imported = typeof key === 'string' ? importSPKI(key, name) : importJWK(key, name);
  // The error of a key that cannot be imported goes to each token.
  imported.catch(() => undefined);
  return async ({ alg }) => {
    if (alg !== name) throw refusal('TOKEN_INVALID', 'The token is signed in another way');
    return imported;
  };
}

function wrong(name: string, what: string): ConfigError {
  return new ConfigError('BAD_OPTION', `Option "tokens.${name}" ${what}.`);
}
