// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ClientCall
type ClientCall = (namespace: CalledNamespace, member: Member, args: readonly unknown[], answer: (...args: unknown[]) => void) => void;

// FRESH
declare const FRESH: ExtendedError;

// Guard
interface Guard {
    admit(socket: Socket, next: (error?: ExtendedError) => void, rooms: readonly Room[] | undefined): void;
    onGone(socket: Socket): void;
    refuse(act: RoomAct, socket: Socket, room: Room, event: string | undefined): string | undefined;
}

// GuardHost
interface GuardHost {
    readonly clock: Clock;
    readonly random: Random;
    readonly backplane: Backplane | undefined;
    readonly calls: Map<string, ClientCall>;
    onLogError(error: unknown, subject: string): void;
}

// Member
type Member = MemberOf<Socket>;

// RoomAct
type RoomAct = 'subscribe' | 'publish' | 'history' | 'presence' | 'ownPresence';

// endMembership
declare function endMembership(socket: Socket$1, why: {
    readonly code: string;
    readonly message: string;
}, isWhole: boolean): void;

// openGuard
declare function openGuard<G extends Guard>(server: object, create: (host: GuardHost) => G): G;

// tell
declare function tell(socket: Socket$1, event: string, data: object): void;
