/** The acknowledgements that a socket waits for. */
import type { Clock, Timer } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Flags } from '../event/target.js';
import type { Fences } from '../log/fences.js';
import { ANSWER, type ListenerErrors } from '../socket/listener-errors.js';
import type { AckListener } from '../socket/member.js';
import { ONCE } from '../socket/reserved.js';
import { type TappedMember, tellAckOut } from '../socket/socket-taps.js';

interface WaitingAck {
  readonly listener: AckListener;
  /** Set when the listener takes an error first. */
  readonly timer: Timer | undefined;
}

/**
 * Waiting acks by id. Guarantee: each listener is called at most once. Invariant: at most `countMax` acks wait. One
 * more drops the oldest, whose listener gets an error if it has a timeout.
 */
export class Acks {
  readonly #clock: Clock;
  readonly #countMax: number;
  readonly #socket: unknown;
  readonly #waiting = new Map<number, WaitingAck>();

  /** `socket` is `this` for the listeners. */
  constructor(clock: Clock, countMax: number, socket?: unknown) {
    this.#clock = clock;
    this.#countMax = countMax;
    this.#socket = socket;
  }

  /** The count of waiting acks. */
  get count(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for the ack `id`. With `timeoutMs`, the first argument of the listener is an error, or `null` if the ack came
   * in time.
   */
  expect(id: number, listener: AckListener, timeoutMs: number | undefined): void {
    if (this.#waiting.size >= this.#countMax) this.#dropOldest();
    const timer =
      timeoutMs === undefined ? undefined : this.#clock.setTimeout(() => this.#expire(id), timeoutMs, undefined);
    this.#waiting.set(id, { listener, timer });
  }

  /** Calls the listener of an ack that arrived. Unknown ids are ignored. */
  receive(id: number, args: readonly unknown[]): void {
    const ack = this.#take(id);
    if (ack?.timer === undefined) ack?.listener.call(this.#socket, ...args);
    else ack.listener.call(this.#socket, null, ...args);
  }

  /** Stops waiting for the ack `id`, without calling its listener. */
  forget(id: number): void {
    this.#take(id);
  }

  #expire(id: number): void {
    this.#take(id)?.listener.call(this.#socket, new UnavailableError('TIMEOUT', 'operation has timed out'));
  }

  #dropOldest(): void {
    for (const id of this.#waiting.keys()) {
      const ack = this.#take(id);
      if (ack?.timer !== undefined)
        ack.listener.call(
          this.#socket,
          new UnavailableError('BUFFER_FULL', `more than ${this.#countMax} acknowledgements are waiting`),
        );
      return;
    }
  }

  /** Removes an ack and stops its timer. */
  #take(id: number): WaitingAck | undefined {
    const ack = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (ack?.timer !== undefined) this.#clock.clearTimeout(ack.timer);
    return ack;
  }
}

/** The part of a namespace that orders answers. */
interface AnsweringNamespace {
  readonly fences: Fences | undefined;
  readonly listenerErrors: ListenerErrors;
  settle(): void;
}

/** The part of a member that answers events of its client. */
interface AnsweringMember extends TappedMember {
  readonly client: TappedMember['client'] & { onAsked?(): void; onAnswered?(): void };
  readonly namespace: TappedMember['namespace'] & AnsweringNamespace;
  readonly socket: { readonly id: string };
  sendPacket(packet: SocketPacket, flags: Flags): void;
}

/** The flags of packets that are not events. */
export const NO_FLAGS: Flags = Object.freeze({});

/**
 * Returns the function by which a listener acknowledges the event in a packet. Only its first call counts. The answer
 * comes after the events that were emitted before it. For an event with a key, the caller sees to that.
 */
export function createAnswer(member: AnsweringMember, { nsp, id, data }: SocketPacket): (...args: unknown[]) => void {
  const { fences } = member.namespace;
  // Only the name, because a listener may keep the function for a long time, and the event may be large.
  const [name] = data as readonly unknown[];
  // The newest flight before the answer, `undefined` if the answer waits for none.
  const since = fences && name !== ONCE ? fences.confirmations.newest : undefined;
  let isAnswered = false;
  member.client.onAsked?.();
  const give = (...args: unknown[]): void => {
    if (isAnswered) return;
    isAnswered = true;
    answer(member, { type: PacketType.ACK, nsp, id, data: args }, since, String(name));
  };
  give[ANSWER] = true;
  return give;
}

function answer(member: AnsweringMember, packet: SocketPacket, since: number | undefined, event: string): void {
  const { namespace, client } = member;
  const { fences } = namespace;
  if (since === undefined || !fences) {
    sendAnswer(member, packet);
    return;
  }
  namespace.settle();
  fences.acknowledge(
    since,
    () => {
      try {
        sendAnswer(member, packet);
      } catch (error) {
        namespace.listenerErrors.take(error, event, member.socket, []);
      }
    },
    () => client.onAnswered?.(),
  );
}

function sendAnswer(member: AnsweringMember, packet: SocketPacket): void {
  try {
    tellAckOut(member, packet.id);
    member.sendPacket(packet, NO_FLAGS);
  } finally {
    member.client.onAnswered?.();
  }
}
