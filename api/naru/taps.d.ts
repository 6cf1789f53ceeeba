// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ReadCounters
type ReadCounters = Readonly<Counters>;

// Tap
interface Tap<Data extends object> {
    readonly name: string;
    readonly hasSubscribers: boolean;
    publish(data: Data): void;
    subscribe(listener: TapListener<Data>): void;
    unsubscribe(listener: TapListener<Data>): boolean;
}

// TapListener
type TapListener<Data extends object> = (data: Data, name: string) => void;

// acknowledgementIn
declare const acknowledgementIn: Tap<OfSocket & {
    readonly id: number;
}>;

// acknowledgementOut
declare const acknowledgementOut: Tap<OfSocket & {
    readonly id: number;
}>;

// counters
declare const counters: Counters;

// drainBegan
declare const drainBegan: Tap<{
    readonly clients: number;
    readonly perSecond: number;
}>;

// drainEnded
declare const drainEnded: Tap<{
    readonly clients: number;
}>;

// eventArguments
declare const eventArguments: Tap<OfNamespace & {
    readonly event: string;
    readonly isIncoming: boolean;
    readonly arguments: readonly unknown[];
}>;

// eventDropped
declare const eventDropped: Tap<OfConnection & {
    readonly wire: string;
}>;

// eventFar
declare const eventFar: Tap<OfNamespace & {
    readonly event: string;
    readonly id: number | undefined;
    readonly trace: string | undefined;
}>;

// eventIn
declare const eventIn: Tap<OfSocket & {
    readonly event: string;
    readonly isAsking: boolean;
}>;

// eventOut
declare const eventOut: Tap<OfNamespace & {
    trace: string | undefined;
    readonly id: number | undefined;
    readonly event: string;
    readonly rooms: readonly string[];
    readonly except: readonly string[];
    readonly isVolatile: boolean;
    readonly isLocal: boolean;
}>;

// handshakeForeign
declare const handshakeForeign: Tap<{
    readonly origin: string;
    readonly allowed?: string;
}>;

// handshakeRefused
declare const handshakeRefused: Tap<Readonly<Record<"reason", string>> & {
    readonly status: number;
} & Partial<Readonly<Record<"address" | "detail" | "node" | "transport", string>>>>;

// homeChanged
declare const homeChanged: Tap<{
    readonly backplane: string;
    readonly state: string;
    readonly detail?: string;
}>;

// limitReached
declare const limitReached: Tap<OfNamespace & Readonly<Record<"outcome" | "socket", string>> & {
    readonly event?: string;
    readonly retryAfterMs: number;
}>;

// lineOf
declare function lineOf(name: string, facts: object): string;

// logAnswered
declare const logAnswered: Tap<OfNamespace & {
    readonly records: number;
    readonly last: string;
    readonly ms: number;
    readonly traces: readonly string[];
}>;

// logAppended
declare const logAppended: Tap<OfNamespace & {
    readonly records: number;
}>;

// logDelivered
declare const logDelivered: Tap<OfNamespace & {
    readonly offset: string;
    readonly trace: string | undefined;
    readonly event: string | undefined;
}>;

// logGap
declare const logGap: Tap<OfSocket & {
    readonly after: string;
    readonly before?: string;
}>;

// logReadLate
declare const logReadLate: Tap<OfSocket & {
    readonly records: number;
    readonly offset: string;
}>;

// logRefused
declare const logRefused: Tap<OfNamespace & {
    readonly records: number;
    readonly detail: string;
}>;

// nodeCame
declare const nodeCame: Tap<{
    readonly node: string;
    readonly other: string;
}>;

// nodeWent
declare const nodeWent: Tap<{
    readonly node: string;
    readonly other: string;
    readonly isLost: boolean;
}>;

// permissionRefused
declare const permissionRefused: Tap<OfNamespace & Readonly<Record<"act" | "code" | "message" | "room" | "socket", string>>>;

// recoveryContinued
declare const recoveryContinued: Tap<OfNamespace & {
    readonly socket: string;
    readonly after: string;
    readonly isElsewhere: boolean;
}>;

// recoveryFailed
declare const recoveryFailed: Tap<OfNamespace & {
    readonly reason: string;
    readonly after?: string;
}>;

// recoveryTaken
declare const recoveryTaken: Tap<OfNamespace & {
    readonly socket: string;
}>;

// remedyOf
declare function remedyOf(name: string, facts: object): string | undefined;

// sessionBeat
declare const sessionBeat: Tap<OfConnection & {
    readonly ms: number;
}>;

// sessionEnded
declare const sessionEnded: Tap<OfConnection & {
    readonly wire: string;
    readonly reason: string;
    readonly code?: string;
    readonly detail?: string;
}>;

// sessionNotUpgraded
declare const sessionNotUpgraded: Tap<OfConnection & {
    readonly wire: string;
}>;

// sessionOpened
declare const sessionOpened: Tap<OfConnection & Readonly<Record<"subprotocol" | "wire", string>> & {
    readonly protocol: number;
} & Readonly<Record<"address", string>>>;

// sessionUpgraded
declare const sessionUpgraded: Tap<OfConnection & {
    readonly from: string;
    readonly to: string;
}>;

// shownNamespace
declare function shownNamespace(name: string): string;

// shownRoom
declare function shownRoom(room: string): string;

// slowBegan
declare const slowBegan: Tap<OfSocket & {
    readonly policy: string;
    readonly bytes: number;
}>;

// slowDropped
declare const slowDropped: Tap<OfSocket & {
    readonly policy: string;
    readonly bytes: number;
    readonly isReplaced: boolean;
}>;

// slowEnded
declare const slowEnded: Tap<OfSocket>;

// socketJoined
declare const socketJoined: Tap<OfSocket & {
    readonly isRecovered: boolean;
}>;

// socketLeft
declare const socketLeft: Tap<OfSocket & {
    readonly reason: string;
}>;

// socketRefused
declare const socketRefused: Tap<OfConnection & OfNamespace & {
    readonly message: string;
    readonly address: string;
}>;

// talkHeard
declare const talkHeard: Tap<OfNamespace & {
    readonly node: string;
    readonly from: string;
    readonly message: string;
}>;

// talkSent
declare const talkSent: Tap<OfNamespace & {
    readonly node: string;
    readonly message: string;
    readonly to?: readonly string[];
}>;

// workerChanged
declare const workerChanged: Tap<{
    readonly what: string;
}>;
