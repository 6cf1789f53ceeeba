// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// AddressLimits
interface AddressLimits extends OptionsOf<typeof addressRates> {
}

// Bucket
declare class Bucket {
    #private;
    constructor(rate: Rate, now: number);
    waitFor(count: number, now: number): number;
    take(count: number, now: number): boolean;
    owe(count: number, now: number): void;
    isFull(now: number): boolean;
}

// ConfigError
export { ConfigError } from 'naru/base';

// GivenRate
type GivenRate = number | {
    readonly perSecond: number;
    readonly burst?: number | undefined;
    readonly outcome?: LimitOutcome | undefined;
};

// GuardOptions
interface GuardOptions extends OptionsOf<typeof guardTable> {
}

// JwtOptions
interface JwtOptions {
    readonly jwks?: string | URL;
    readonly key?: string | JWK;
    readonly algorithm?: string;
    readonly secret?: string | Uint8Array;
    readonly issuer: string | string[];
    readonly audience: string | string[];
    readonly user?: string;
    readonly leewayMs?: number;
    readonly clock?: {
        now(): number;
    };
}

// LimitOptions
interface LimitOptions extends OptionsOf<typeof limitsTable> {
}

// LimitOutcome
type LimitOutcome = 'refuse' | 'wait' | 'end';

// ProtectedServer
interface ProtectedServer {
    revoke(what: RevokeOptions): Promise<void>;
}

// Rate
interface Rate {
    readonly perSecond: number;
    readonly burst: number;
}

// RefusalCode
type RefusalCode = 'TOKEN_MISSING' | 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'TOKEN_REVOKED' | 'TOKEN_OLD' | 'SESSION_REVOKED' | 'OTHER_USER' | 'REFUSED' | 'NO_RIGHT' | 'LIMITED' | 'FULL' | 'TOO_MANY' | 'UNAVAILABLE' | 'GONE';

// RefusalData
interface RefusalData {
    readonly code: RefusalCode;
    readonly retryAfter?: number;
}

// RefusalError
interface RefusalError extends Error {
    readonly data: RefusalData;
}

// RenewHook
type RenewHook = (socket: Socket, token: TokenFacts, before: TokenFacts) => boolean | Promise<boolean>;

// RevokeOptions
interface RevokeOptions {
    readonly user?: string;
    readonly session?: string;
    readonly token?: string;
}

// RightsReader
type RightsReader = (token: TokenFacts) => RoomRights | Promise<RoomRights>;

// RoomRight
type RoomRight = 'subscribe' | 'publish' | 'history' | 'presence';

// RoomRights
type RoomRights = Readonly<Record<string, readonly RoomRight[] | '*'>>;

// ScopeLimits
interface ScopeLimits extends OptionsOf<typeof scopeTable> {
}

// ServerLimits
interface ServerLimits extends OptionsOf<typeof serverTable> {
}

// TokenFacts
interface TokenFacts {
    readonly user: string;
    readonly issuedAt: number;
    readonly expiresAt: number;
    readonly leewayMs?: number | undefined;
    readonly id?: string | undefined;
    readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

// TokenReader
type TokenReader = (token: string, handshake: Handshake) => TokenFacts | Promise<TokenFacts>;

// UnavailableError
export { UnavailableError } from 'naru/base';

// User
interface User {
    readonly id: string;
    readonly claims: Readonly<Record<string, unknown>>;
    readonly expiresAt: number;
}

// UserOf
type UserOf = (handshake: Handshake) => string | undefined;

// jwt
declare function jwt(options: JwtOptions): TokenReader;

// protect
declare function protect(io: GuardedServer, given: GuardOptions): ProtectedServer;

// refusal
declare function refusal(code: RefusalCode, message: string, retryAfter?: number): RefusalError;

// user
declare function user(id: string): string;
