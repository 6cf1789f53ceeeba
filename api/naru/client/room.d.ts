// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ClientEmitter, a base class
declare class ClientEmitter<Listen extends EventsMap, Reserved extends EventsMap> {
    #private;
    on<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    once<Name extends NamesOf<Listen, Reserved>>(name: Name, original: ListenerOf<Listen, Reserved, Name>): this;
    off<Name extends NamesOf<Listen, Reserved>>(name?: Name, listener?: ListenerOf<Listen, Reserved, Name>): this;
    addListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    removeListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    removeAllListeners<Name extends NamesOf<Listen, Reserved>>(name?: Name): this;
    listeners<Name extends NamesOf<Listen, Reserved>>(name: Name): ListenerOf<Listen, Reserved, Name>[];
    hasListeners<Name extends NamesOf<Listen, Reserved>>(name: Name): boolean;
    protected applyLocal(name: unknown, args: readonly unknown[]): void;
}

// HistoryEvent
interface HistoryEvent {
    readonly offset: string;
    readonly at: number;
    readonly event: string;
    readonly args: readonly unknown[];
}

// HistoryPage
interface HistoryPage {
    readonly events: readonly HistoryEvent[];
    readonly hasMore: boolean;
    readonly hasGap: boolean;
    readonly next?: string | undefined;
}

// HistoryQuery
interface HistoryQuery {
    before?: string | undefined;
    after?: string | undefined;
    limit?: number | undefined;
    timeoutMs?: number | undefined;
}

// Member
interface Member<State = unknown> {
    readonly id: string;
    readonly state: State;
    readonly connections: number;
    readonly since: number;
}

// PresenceEvents
interface PresenceEvents<State = unknown> {
    join: (member: Member<State>) => void;
    update: (member: Member<State>) => void;
    leave: (member: Member<State>) => void;
    sync: () => void;
    error: (error: UnavailableError) => void;
}

// PresenceOptions
interface PresenceOptions {
    timeoutMs?: number | undefined;
}

// RoomPresence
declare class RoomPresence<State = unknown> extends ClientEmitter<Record<never, never>, PresenceEvents<State>> {
    #private;
    readonly room: string;
    constructor(socket: RoomSocket, room: string, { timeoutMs }?: PresenceOptions);
    get members(): ReadonlyMap<string, Member<State>>;
    get count(): number;
    list(): Promise<readonly Member<State>[]>;
    update(state: State): Promise<void>;
    leave(): Promise<void>;
    close(): void;
}

// RoomSocket
interface RoomSocket {
    readonly connected: boolean;
    readonly on: AnyMethod;
    readonly off: AnyMethod;
    readonly timeout: AnyMethod;
}

// history
declare function history(socket: RoomSocket, room: string, query?: HistoryQuery): Promise<HistoryPage>;

// pages
declare function pages(socket: RoomSocket, room: string, query?: HistoryQuery): AsyncGenerator<HistoryPage, void, undefined>;

// presence
declare function presence<State = unknown>(socket: RoomSocket, room: string, options?: PresenceOptions): RoomPresence<State>;

// subscribe
declare function subscribe(socket: RoomSocket, room: string, { limit, timeoutMs }?: Pick<HistoryQuery, 'limit' | 'timeoutMs'>): Promise<HistoryPage>;
