// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

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
    constructor(backplane: Backplane);
    of<Emit extends EventsMap = EmitEvents, Side extends EventsMap = ServerSideEvents>(name: string): EmitterNamespace<Emit, Side>;
    close(): Promise<void>;
}

// EmitterNamespace
declare class EmitterNamespace<EmitEvents extends EventsMap = DefaultEventsMap, ServerSideEvents extends EventsMap = DefaultEventsMap> extends EmitterOperator<EmitEvents> {
    constructor(outlet: Outlet, name: string);
    serverSideEmit<Name extends EventNamesWithoutAck<ServerSideEvents>>(name: Name, ...args: EventParams<ServerSideEvents, Name>): Promise<void>;
}

// EmitterOperator
declare class EmitterOperator<EmitEvents extends EventsMap> {
    #private;
    readonly name: string;
    constructor(outlet: Outlet, name: string, target: Target);
    to(room: Room | readonly Room[]): EmitterOperator<EmitEvents>;
    in(room: Room | readonly Room[]): EmitterOperator<EmitEvents>;
    except(room: Room | readonly Room[]): EmitterOperator<EmitEvents>;
    get volatile(): EmitterOperator<EmitEvents>;
    key(key: string): EmitterOperator<EmitEvents>;
    mark(mark: Mark): EmitterOperator<EmitEvents>;
    by(person: string): EmitterOperator<EmitEvents>;
    emit<Name extends EventNamesWithoutAck<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): Promise<void>;
    send(...args: EventParams<EmitEvents, 'message'>): Promise<void>;
    socketsJoin(room: Room | readonly Room[]): Promise<void>;
    socketsLeave(room: Room | readonly Room[]): Promise<void>;
    disconnectSockets(close?: boolean): Promise<void>;
}

// EventNames
type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

// EventParams
type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<Map[Name]>;

// EventsMap
interface EventsMap {
    [event: string]: Anything;
}

// EventsMap, a base class
interface EventsMap {
    [event: string]: Anything;
}

// UnavailableError
declare class UnavailableError extends CodedError<UnavailableErrorCode> {
    readonly name = "UnavailableError";
}
