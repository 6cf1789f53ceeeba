/**
 * All taps of the server. docs/debugging.md has a table of them, which is made from this file.
 *
 * No tap tells a secret: no sid, no pid, no token and no key of an event. A connection has the number that its process
 * gave it. Only `event.arguments` has what an event says.
 */
import { tap } from './tap.js';

/** Facts that are texts. */
type Texts<Name extends string> = Readonly<Record<Name, string>>;

/** A connection, by the number that its process gave it. */
interface OfConnection {
  readonly connection: number;
}

/** A namespace. */
interface OfNamespace {
  readonly namespace: string;
}

/** A socket: its id, its namespace and the number of its connection. */
interface OfSocket extends OfConnection, OfNamespace {
  readonly socket: string;
}

/** A server opened a session for a client. */
export const sessionOpened = tap<
  OfConnection & Texts<'wire' | 'subprotocol'> & { readonly protocol: number } & Texts<'address'>
>('session.opened');

/** A session moved to another transport. */
export const sessionUpgraded = tap<OfConnection & { readonly from: string; readonly to: string }>('session.upgraded');

/** A session stayed on its transport, because the attempt to move it failed. */
export const sessionNotUpgraded = tap<OfConnection & { readonly wire: string }>('session.not-upgraded');

/** A session ended. `detail` is the text of the error, and `code` its code. */
export const sessionEnded = tap<
  OfConnection & { readonly wire: string; readonly reason: string; readonly code?: string; readonly detail?: string }
>('session.ended');

/** A client answered a ping of the heartbeat, `ms` milliseconds after it was sent. */
export const sessionBeat = tap<OfConnection & { readonly ms: number }>('session.beat');

/**
 * A request was refused before it opened or continued a session. `node` is the node that the sid of the request names.
 */
export const handshakeRefused = tap<
  Texts<'reason'> & { readonly status: number } & Partial<Texts<'detail' | 'transport' | 'address' | 'node'>>
>('handshake.refused');

/** A page of another origin asked, and its browser will not let it read the answer. */
export const handshakeForeign = tap<{ readonly origin: string; readonly allowed?: string }>('handshake.foreign');

/** A client joined a namespace. */
export const socketJoined = tap<OfSocket & { readonly isRecovered: boolean }>('socket.joined');

/** A client left a namespace. */
export const socketLeft = tap<OfSocket & { readonly reason: string }>('socket.left');

/** A client may not join a namespace. */
export const socketRefused = tap<OfConnection & OfNamespace & { readonly message: string; readonly address: string }>(
  'socket.refused',
);

/** A client sent an event to the listeners of the program. `isAsking`: it waits for an acknowledgement. */
export const eventIn = tap<OfSocket & { readonly event: string; readonly isAsking: boolean }>('event.in');

/**
 * An event goes to rooms, to one socket by its own room, or to everybody in the namespace. The program sent it, or a
 * client of plain events, lines or STOMP that publishes. `id` is that of the acknowledgement that it asks for. A
 * listener may set `trace` to a `traceparent`, which then travels with the event. An event of another node may have
 * one already.
 */
export const eventOut = tap<
  OfNamespace & {
    trace: string | undefined;
    readonly id: number | undefined;
    readonly event: string;
    readonly rooms: readonly string[];
    readonly except: readonly string[];
    readonly isVolatile: boolean;
    readonly isLocal: boolean;
  }
>('event.out');

/** An event of another node goes to sockets of this one, beside the log. `trace` and `id` are those of `event.out`. */
export const eventFar = tap<
  OfNamespace & { readonly event: string; readonly id: number | undefined; readonly trace: string | undefined }
>('event.far');

/** The content of an event. Listen only if you may see what people write. `NARU_DEBUG=all` leaves it out. */
export const eventArguments = tap<
  OfNamespace & { readonly event: string; readonly isIncoming: boolean; readonly arguments: readonly unknown[] }
>('event.arguments');

/** A volatile event was dropped for a client that could not take it at once. */
export const eventDropped = tap<OfConnection & { readonly wire: string }>('event.dropped');

/** A client acknowledged an event. */
export const acknowledgementIn = tap<OfSocket & { readonly id: number }>('acknowledgement.in');

/** The program acknowledged an event of a client. */
export const acknowledgementOut = tap<OfSocket & { readonly id: number }>('acknowledgement.out');

/** A namespace has records appended to its log. */
export const logAppended = tap<OfNamespace & { readonly records: number }>('log.appended');

/**
 * The home of the log has records, of which `last` is the offset of the newest one. `ms` is how long it took. `traces`
 * has those of the records that have one.
 */
export const logAnswered = tap<
  OfNamespace & {
    readonly records: number;
    readonly last: string;
    readonly ms: number;
    readonly traces: readonly string[];
  }
>('log.answered');

/** The home of the log did not take records. */
export const logRefused = tap<OfNamespace & { readonly records: number; readonly detail: string }>('log.refused');

/** This process delivered a record of the log to its sockets. A record with a `trace` says its `event`. */
export const logDelivered = tap<
  OfNamespace & { readonly offset: string; readonly trace: string | undefined; readonly event: string | undefined }
>('log.delivered');

/** A socket that is late got records from the log, up to an offset. */
export const logReadLate = tap<OfSocket & { readonly records: number; readonly offset: string }>('log.read-late');

/** A client was told that events are missing: those after one offset and before another one, if that is known. */
export const logGap = tap<OfSocket & { readonly after: string; readonly before?: string }>('log.gap');

/** A client goes on with its session after an offset. `isElsewhere`: another process had the session. */
export const recoveryContinued = tap<
  OfNamespace & { readonly socket: string; readonly after: string; readonly isElsewhere: boolean }
>('recovery.continued');

/**
 * A client asked for its session and does not get it. `reason` is `unknown` for a session that nobody has, `gap` if
 * events are missing, and `unavailable` if the home of the log did not say.
 */
export const recoveryFailed = tap<OfNamespace & { readonly reason: string; readonly after?: string }>(
  'recovery.failed',
);

/** Another process took a session that this one had. */
export const recoveryTaken = tap<OfNamespace & { readonly socket: string }>('recovery.taken');

/** A client reads more slowly than others write, so that its policy decides about its events. */
export const slowBegan = tap<OfSocket & { readonly policy: string; readonly bytes: number }>('slow.began');

/** A client reads slowly no more: it has caught up, or has left. */
export const slowEnded = tap<OfSocket>('slow.ended');

/** The policy for slow readers dropped an event. `isReplaced`: a newer event with its key took its place. */
export const slowDropped = tap<
  OfSocket & { readonly policy: string; readonly bytes: number; readonly isReplaced: boolean }
>('slow.dropped');

/** A rule, a guard or the bound on rooms refused a request of a client about a room. */
export const permissionRefused = tap<OfNamespace & Texts<'socket' | 'act' | 'room' | 'code' | 'message'>>(
  'permission.refused',
);

/** A limit of the guard was reached. `event` is what the client did, as far as it has a name. */
export const limitReached = tap<
  OfNamespace & Texts<'socket' | 'outcome'> & { readonly event?: string; readonly retryAfterMs: number }
>('limit.reached');

/** A node sent a message beside the log. `to` has the nodes, unless it went to all that hear the namespace. */
export const talkSent = tap<
  OfNamespace & { readonly node: string; readonly message: string; readonly to?: readonly string[] }
>('talk.sent');

/** A node got a message or a question beside the log. */
export const talkHeard = tap<OfNamespace & { readonly node: string; readonly from: string; readonly message: string }>(
  'talk.heard',
);

/** Another node is there. */
export const nodeCame = tap<{ readonly node: string; readonly other: string }>('node.came');

/** Another node is gone. `isLost`: it ended without a word, or cannot be reached. */
export const nodeWent = tap<{ readonly node: string; readonly other: string; readonly isLost: boolean }>('node.went');

/** The home of the log can be reached, or cannot. */
export const homeChanged = tap<{ readonly backplane: string; readonly state: string; readonly detail?: string }>(
  'home.changed',
);

/** A server begins to send its clients away. */
export const drainBegan = tap<{ readonly clients: number; readonly perSecond: number }>('drain.began');

/** A server has sent all its clients away. */
export const drainEnded = tap<{ readonly clients: number }>('drain.ended');

/** A primary process did a step of a reload, or started or ended a worker. */
export const workerChanged = tap<{ readonly what: string }>('worker.changed');
