// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ClientCall
type ClientCall = (namespace: CalledNamespace, member: Member, args: readonly unknown[], answer: (...args: unknown[]) => void) => void;

// FRESH
declare const FRESH: ExtendedError;

// Guard
interface Guard {
    admit(socket: Socket, next: (error?: ExtendedError) => void, rooms: readonly Room[] | undefined): void;
    mayGoOn?(socket: Socket, rooms: readonly Room[]): boolean;
    onGone(socket: Socket): void;
    refuse(act: RoomAct, socket: Socket, room: Room, event: string | undefined): GuardRefusal | undefined;
    takes?(socket: Socket, event: readonly unknown[], answer: ((...args: unknown[]) => void) | undefined): boolean;
    onMessage?(session: object, size: number, isRest: boolean): void;
}

// GuardHost
interface GuardHost {
    readonly clock: Clock;
    readonly random: Random;
    readonly backplane: Backplane | undefined;
    readonly calls: Map<string, ClientCall>;
    onLogError(error: unknown, subject: string): void;
}

// GuardRefusal
interface GuardRefusal {
    readonly code: 'FORBIDDEN' | 'LIMITED';
    readonly message: string;
    readonly retryAfter?: number;
}

// Member
type Member = MemberOf<Socket>;

// PERSON_ROOM
declare const PERSON_ROOM = "naru:user:";

// RoomAct
type RoomAct = 'subscribe' | 'publish' | 'history' | 'presence' | 'ownPresence' | 'enter' | 'leave';

// endMembership
declare function endMembership(socket: Socket$1, why: {
    readonly code: string;
    readonly message: string;
}, isWhole: boolean): void;

// noteLimited
declare function noteLimited(socket: Socket$1, event: string, outcome: string, retryAfterMs: number): void;

// openGuard
declare function openGuard<G extends Guard>(server: object, create: (host: GuardHost) => G): G;

// stopReading
declare function stopReading(socket: Socket$1): () => void;

// tell
declare function tell(socket: Socket$1, event: string, data: object): void;
