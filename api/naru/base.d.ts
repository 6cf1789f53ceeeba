// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Answer
type Answer<T> = T | Promise<T>;

// Bytes
type Bytes = Uint8Array;

// Clock
interface Clock extends Timers {
    defer<T>(callback: (argument: T) => void, argument: T): void;
}

// CodedError, a base class
declare class CodedError<Code extends string> extends Error {
    readonly code: Code;
    constructor(code: Code, message: string, cause?: unknown);
}

// ConfigError
declare class ConfigError extends CodedError<ConfigErrorCode> {
    readonly name = "ConfigError";
}

// DeadlineEntry
declare class DeadlineEntry {
    deadlineAt: number;
    deadlinePrevious: DeadlineEntry | undefined;
    deadlineNext: DeadlineEntry | undefined;
    deadlineQueue: Deadlines<never> | undefined;
}

// Deadlines
declare class Deadlines<Entry extends DeadlineEntry> {
    #private;
    readonly durationMs: number;
    constructor(clock: Timers, durationMs: number, onExpired: (entry: Entry) => void);
    get count(): number;
    get first(): Entry | undefined;
    add(entry: Entry): void;
    remove(entry: Entry): void;
    expire(): void;
}

// DefaultEventsMap
interface DefaultEventsMap {
    [event: string]: Listener;
}

// Endpoint
interface Endpoint {
    readonly scheme: string;
    readonly host: string;
    readonly port: number;
    readonly path: string;
}

// EndpointRules
interface EndpointRules {
    readonly schemes: readonly string[];
    readonly defaultPort?: number | Readonly<Record<string, number | undefined>>;
    readonly allowsPath?: boolean;
}

// EventsMap
interface EventsMap {
    [event: string]: Anything;
}

// LoopDelay
declare class LoopDelay {
    #private;
    ms: number;
    constructor(clock: Clock, onLook?: () => void);
    begin(): void;
    end(): void;
}

// NaruErrors
interface NaruErrors {
    readonly ConfigError: ConfigError;
    readonly ProtocolError: ProtocolError;
    readonly UnavailableError: UnavailableError;
}

// Option
interface Option<Given, Kept = Given> {
    readonly expects: string;
    readonly initial: Kept;
    readonly isSecret?: boolean;
    isValid(value: unknown): boolean;
    keep?(value: Given, path: string): Kept;
    readonly table?: OptionTable;
    readonly given?: Given;
}

// OptionTable
interface OptionTable<Own extends Entries = Entries> {
    readonly name: string;
    readonly entries: Own;
    readonly gone: Readonly<Record<string, string>>;
}

// OptionsOf
type OptionsOf<Table extends OptionTable> = {
    -readonly [Name in keyof Table['entries']]?: Exclude<Table['entries'][Name]['given'], undefined> | undefined;
};

// ProtocolError
declare class ProtocolError extends CodedError<ProtocolErrorCode> {
    readonly name = "ProtocolError";
}

// Random
interface Random {
    id(): string;
    bytes(size: number): Uint8Array;
    fraction(): number;
}

// Ring
declare class Ring<T> {
    #private;
    get count(): number;
    at(index: number): T | undefined;
    set(index: number, item: T): void;
    push(item: T): void;
    shift(): T | undefined;
}

// SOCKET_PATH_BYTES_MAX
declare const SOCKET_PATH_BYTES_MAX: number;

// Sendable
type Sendable = string | ArrayBuffer | ArrayBufferView;

// SettingsOf
type SettingsOf<Table extends OptionTable> = {
    readonly [Name in keyof Table['entries']]: Table['entries'][Name]['initial'];
};

// Timer
type Timer = {
    readonly timer: unique symbol;
} | object | number;

// Timers
interface Timers {
    now(): number;
    setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T): Timer;
    clearTimeout(timer: Timer): void;
}

// Transitions
type Transitions<State extends string, Event extends string, Action extends string> = Readonly<Record<State, Readonly<Partial<Record<Event, Transition<State, Action>>>>>>;

// UnavailableError
declare class UnavailableError extends CodedError<UnavailableErrorCode> {
    readonly name = "UnavailableError";
}

// Untyped
type Untyped = Anything;

// Wait
declare class Wait extends DeadlineEntry {
    readonly onExpired: () => void;
    constructor(onExpired: () => void);
}

// after
declare function after<T, U>(answer: Answer<T>, next: (value: T) => Answer<U>, failed?: (error: unknown) => Answer<U>): Answer<U>;

// asBuffer
declare function asBuffer(bytes: Bytes): Buffer;

// asBytes
declare function asBytes(data: ArrayBufferLike | ArrayBufferView): Bytes;

// ask
declare function ask<T>(request: () => Answer<T>, failed: (error: unknown) => Answer<T>): Answer<T>;

// assert
declare function assert(condition: boolean, message: string): asserts condition;

// attempt
declare function attempt<Args extends readonly unknown[]>(callback: (...args: Args) => unknown, ...args: Args): void;

// bytes
declare function bytes<Initial extends number | undefined>(initial: Initial, range?: Range): Option<number, Kept<number, Initial>>;

// concatBytes
declare function concatBytes(parts: readonly Bytes[], sizeTotal?: number): Bytes;

// count
declare function count<Initial extends number | undefined>(initial: Initial, range?: Range): Option<number, Kept<number, Initial>>;

// decodeUtf8
declare function decodeUtf8(bytes: Bytes): string;

// encodeId
declare function encodeId(bytes: Uint8Array, offset: number): string;

// encodeUtf8
declare function encodeUtf8(text: string): Bytes;

// firstPast
declare function firstPast<T>(list: readonly T[], isPast: (each: T) => boolean): number;

// flag
declare function flag<Initial extends boolean | undefined>(initial: Initial): Option<boolean, Kept<boolean, Initial>>;

// fn
declare function fn<Given extends (...args: never) => unknown>(): Option<Given, Given | undefined>;

// formatEndpoint
declare function formatEndpoint({ scheme, host, port, path }: Endpoint): string;

// fraction
declare function fraction<Initial extends number | undefined>(initial: Initial, range: Range): Option<number, Kept<number, Initial>>;

// getOrCreate
declare function getOrCreate<K, V extends object | string>(table: {
    get(key: K): V | undefined;
    set(key: K, value: V): unknown;
}, key: K, create: () => V): V;

// isAnyHost
declare function isAnyHost(host: string): boolean;

// isIpv6
declare function isIpv6(text: string): boolean;

// isNaruError
declare function isNaruError<Name extends keyof NaruErrors>(value: unknown, name: Name): value is NaruErrors[Name];

// join
declare function join<First extends Entries, Second extends Entries>(first: OptionTable<First>, second: OptionTable<Second>): OptionTable<Omit<First, keyof Second> & Second>;

// list
declare function list<Item, const Initial extends readonly NoInfer<Item>[] | undefined>(item: Option<Item, unknown>, initial: Initial): Option<readonly Item[], Kept<readonly Item[], Initial>>;

// milliseconds
declare function milliseconds<Initial extends number | undefined>(initial: Initial, range?: Range): Option<number, Kept<number, Initial>>;

// networkOf
declare function networkOf(address: string | undefined): string;

// objectWith
declare function objectWith<Given extends object, Initial extends Given | undefined = Given | undefined>(expects: string, names: readonly (keyof Given)[], initial?: Initial): Option<Given, Kept<Given, Initial>>;

// oneOf
declare function oneOf<const Name extends string, Initial extends Name | undefined>(names: readonly Name[], initial: Initial): Option<Name, Kept<Name, Initial>>;

// options
declare function options<Own extends Entries>(name: string, entries: Own, gone?: Readonly<Record<string, string>>): OptionTable<Own>;

// orFalse
declare function orFalse<Given, Settings>(option: Option<Given, Settings>): Option<Given | false, Settings | false>;

// parseEndpoint
declare function parseEndpoint(text: string, rules: EndpointRules): Endpoint;

// readOption
declare function readOption<Given, Kept>(option: Option<Given, Kept>, value: unknown, path: string): Kept;

// readOptions
declare function readOptions<Table extends OptionTable>(table: Table, given?: unknown, path?: string): SettingsOf<Table>;

// secret
declare function secret<Given, Kept>(option: Option<Given, Kept>): Option<Given, Kept>;

// shown
declare function shown(value: unknown): string;

// switched
declare function switched<Given extends object, Table extends OptionTable>(table: Table, isOn: boolean): Option<Given | boolean, SettingsOf<Table> | undefined>;

// systemClock
declare const systemClock: Clock;

// systemRandom
declare const systemRandom: Random;

// text
declare function text<Initial extends string | undefined>(initial: Initial, expects?: string, form?: RegExp): Option<string, Kept<string, Initial>>;

// throwLater
declare function throwLater(error: unknown): void;

// toBuffer
declare function toBuffer(data: Sendable): Buffer;

// transitionOf
declare function transitionOf<State extends string, Event extends string, Action extends string>(table: Transitions<State, Event, Action>, state: State, event: Event): Transition<State, Action>;

// unawaited
declare function unawaited<T>(answer: Answer<T>): Answer<T>;

// unlessThere
declare function unlessThere<T>(answer: Answer<T>, meanwhile: (coming: Promise<T>) => void): Answer<T>;

// unreferenced
declare function unreferenced(timer: Timer): Timer;

// utf8Size
declare function utf8Size(text: string): number;

// value
declare function value<Given, Initial extends Given | undefined = Given | undefined>(expects: string, isValid: (given: unknown) => boolean, initial?: Initial): Option<Given, Kept<Given, Initial>>;

// waitsOf
declare function waitsOf(clock: Timers, durationMs: number): Deadlines<Wait>;

// within
declare function within<T>(clock: Clock, promise: Promise<T>, ms: number, connection?: Closable): Promise<{
    readonly value: T;
} | undefined>;
