// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Aiming, a base class
declare abstract class Aiming<Operator> {
    to(room: Room | readonly Room[]): Operator;
    in(room: Room | readonly Room[]): Operator;
    except(room: Room | readonly Room[]): Operator;
    get volatile(): Operator;
    key(key: string): Operator;
    mark(mark: Mark): Operator;
    by(person: string): Operator;
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

// DefaultEventsMap
interface DefaultEventsMap {
    [event: string]: Listener;
}

// Emitter
declare class Emitter<EmitEvents extends EventsMap = DefaultEventsMap, ServerSideEvents extends EventsMap = DefaultEventsMap> extends EmitterNamespace<EmitEvents, ServerSideEvents> {
    constructor(backplane: Backplane, options?: EmitterOptions);
    of<Emit extends EventsMap = EmitEvents, Side extends EventsMap = ServerSideEvents>(name: string): EmitterNamespace<Emit, Side>;
    close(): Promise<void>;
}

// EmitterNamespace
declare class EmitterNamespace<EmitEvents extends EventsMap = DefaultEventsMap, ServerSideEvents extends EventsMap = DefaultEventsMap> extends EmitterOperator<EmitEvents> {
    constructor(outlet: Outlet, name: string);
    serverSideEmit<Name extends EventNamesWithoutAck<ServerSideEvents>>(name: Name, ...args: EventParams<ServerSideEvents, Name>): Promise<void>;
}

// EmitterOperator
declare class EmitterOperator<EmitEvents extends EventsMap> extends Aiming<EmitterOperator<EmitEvents>> {
    readonly name: string;
    constructor(outlet: Outlet, name: string, target: Target);
    emit<Name extends EventNamesWithoutAck<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): Promise<void>;
    send(...args: EventParams<EmitEvents, 'message'>): Promise<void>;
    socketsJoin(room: Room | readonly Room[]): Promise<void>;
    socketsLeave(room: Room | readonly Room[]): Promise<void>;
    disconnectSockets(close?: boolean): Promise<void>;
}

// EmitterOptions
interface EmitterOptions extends OptionsOf<typeof emitterTable> {
}

// EventNames
type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

// EventParams
type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<Map[Name]>;

// EventsMap
interface EventsMap {
    [event: string]: Anything;
}

// NamespaceNames
type NamespaceNames = string | RegExp | readonly (string | RegExp)[];

// UnavailableError
declare class UnavailableError extends CodedError<UnavailableErrorCode> {
    readonly name = "UnavailableError";
}
