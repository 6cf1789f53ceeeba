/**
 * A client of Socket.IO that works like the stock one: it sends its `pid` and newest offset when it reconnects, and
 * knows nothing of Naru.
 */
import type { Bytes } from '../../../packages/naru/src/base/bytes.js';
import { DiallingClient } from './dialling-client.js';
import { openRecordWire, openWebSocketWire, type RawWire, type RawWireUser } from './raw-wire.js';
import type { ClientParts } from './soak-client.js';
import { Violation } from './truth.js';

interface PartialPacket {
  readonly id: string;
  readonly isAnswer: boolean;
  readonly json: string;
  readonly count: number;
  readonly bytes: Bytes[];
}

/** Milliseconds without data from a server before its handshake has set the heartbeat. */
const TIMEOUT_MS = 6_000;

/** A client of Socket.IO, over a WebSocket or records. */
export class RawClient extends DiallingClient implements RawWireUser {
  #wire: RawWire | undefined = undefined;
  /** Wires that the client has left, whose data it ignores. */
  readonly #left = new WeakSet<RawWire>();
  #isConnected = false;
  #pid: string | undefined = undefined;
  #offset: string | undefined = undefined;
  #partial: PartialPacket | undefined = undefined;
  #silenceMs = 0;
  /** The functions that wait for an acknowledgement, by its id. */
  readonly #acks = new Map<string, (answer: unknown) => void>();
  #ackCount = 0;

  constructor(parts: ClientParts) {
    super(parts);
    this.visitor = this.createVisitor((event, args, answered) => {
      if (!this.#isConnected) return false;
      this.#ackCount += 1;
      this.#acks.set(`${this.#ackCount}`, answered);
      this.#send(`42${this.#prefix}${this.#ackCount}${JSON.stringify([event, ...args])}`);
      return true;
    });
  }

  override get isConnected(): boolean {
    return this.#isConnected;
  }

  protected override open(): void {
    if (this.#wire || !this.isWanted) return;
    const { client, rooms } = this.query;
    const query = `client=${client}&rooms=${encodeURIComponent(rooms)}`;
    const parts = { device: this.device, clock: this.state.clock, random: this.random.fork(), query };
    this.#silenceMs = TIMEOUT_MS;
    this.#listenOn();
    // A wire may end before it is open.
    let isOver = false;
    const user: RawWireUser = {
      onUnit: (wire, unit) => this.onUnit(wire, unit),
      onEnd: (wire) => {
        isOver = true;
        this.onEnd(wire);
      },
    };
    const wire = this.plan.kind === 'record' ? openRecordWire(parts, user) : openWebSocketWire(parts, user);
    if (!isOver) this.#wire = wire;
  }

  protected override shut(): void {
    if (this.#isConnected) this.#send(`41${this.#prefix}`);
    this.#forget();
    // The last messages still have to go out.
    const wire = this.#wire;
    if (wire) this.#left.add(wire);
    this.#wire = undefined;
    this.#isConnected = false;
    this.#partial = undefined;
    this.rest();
    this.state.clock.setTimeout(() => wire?.destroy(), 50, undefined);
  }

  /** The client has another network, and the server does not hear that it has left the former one. */
  override redial(): boolean {
    const wire = this.#wire;
    if (!wire || !this.#isConnected) return false;
    for (const link of this.device.links) link.hold();
    this.onEnd(wire);
    this.#left.add(wire);
    return true;
  }

  override say(count: number): void {
    for (let each = 0; each < count && this.#isConnected; each += 1) {
      this.says += 1;
      this.#emit('say', this.says);
    }
  }

  override enter(room: string): void {
    if (this.#isConnected) this.#emit('enter', room, this.course.lastId);
  }

  override exit(room: string): void {
    if (this.#isConnected) this.#emit('exit', room, this.course.lastId);
  }

  override mood(state: number): void {
    if (this.#isConnected) this.#emit('mood', state);
  }

  onUnit(wire: RawWire, unit: string | Bytes): void {
    if (this.#left.has(wire) || (wire !== this.#wire && this.#wire !== undefined)) return;
    this.#listenOn();
    this.stirred();
    if (typeof unit !== 'string') this.#onBytes(unit);
    else if (unit === '2') wire.send('3');
    else if (unit.startsWith('0')) this.#onOpen(wire, unit.slice(1));
    else if (unit.startsWith('4')) this.guard(() => this.#onPacket(wire, unit.slice(1)));
  }

  onEnd(wire: RawWire): void {
    if (this.#left.has(wire) || (wire !== this.#wire && this.#wire !== undefined)) return;
    this.#wire = undefined;
    this.#isConnected = false;
    this.#partial = undefined;
    this.#acks.clear();
    this.visitor?.onLost();
    this.lost();
  }

  get #prefix(): string {
    return this.plan.namespace === '/' ? '' : `${this.plan.namespace},`;
  }

  #onOpen(wire: RawWire, json: string): void {
    const { pingInterval, pingTimeout } = JSON.parse(json) as { pingInterval: number; pingTimeout: number };
    this.#silenceMs = pingInterval + pingTimeout;
    this.#listenOn();
    const auth = this.#pid === undefined ? '' : JSON.stringify({ pid: this.#pid, offset: this.#offset });
    wire.send(`40${this.#prefix}${auth}`);
  }

  #onPacket(wire: RawWire, packet: string): void {
    const type = packet[0];
    const [, count = '', id = '', text = ''] = /^\d(?:(\d+)-)?(?:\/[^,]+,)?(\d*)(.*)$/s.exec(packet) ?? [];
    if (type === '0') this.#onConnect(text);
    else if (type === '1') this.#onDisconnect(wire);
    else if (type === '2') {
      this.#onEvent(JSON.parse(text) as unknown[], id !== '');
      if (id !== '') wire.send(`43${this.#prefix}${id}["yes"]`);
    } else if (type === '3') this.#onAnswer(id, JSON.parse(text) as unknown[]);
    else if (type === '5' || type === '6')
      this.#partial = { id, isAnswer: type === '6', json: text, count: Number(count), bytes: [] };
    else throw new Violation(`${this.plan.name}: got the packet ${packet}`);
  }

  #onConnect(text: string): void {
    const { sid, pid } = JSON.parse(text) as { sid: string; pid?: string };
    const isRecovered = pid !== undefined && pid === this.#pid;
    this.#pid = pid;
    this.#isConnected = true;
    this.connected(sid, isRecovered);
  }

  /**
   * The server disconnected the client. The stock client keeps its state, and reconnects when the application calls for
   * it.
   */
  #onDisconnect(wire: RawWire): void {
    this.#forget();
    this.ended();
    wire.destroy();
  }

  #onBytes(bytes: Bytes): void {
    const partial = this.#partial;
    if (!partial) {
      this.state.fail(new Violation(`${this.plan.name}: got bytes that belong to nothing`));
      return;
    }
    partial.bytes.push(bytes);
    if (partial.bytes.length < partial.count) return;
    this.#partial = undefined;
    const args = fill(JSON.parse(partial.json), partial.bytes) as unknown[];
    if (partial.isAnswer) this.#onAnswer(partial.id, args);
    else this.#onEvent(args);
  }

  #onAnswer(id: string, [answer]: readonly unknown[]): void {
    const answered = this.#acks.get(id);
    this.#acks.delete(id);
    answered?.(answer);
  }

  #onEvent([name, ...args]: readonly unknown[], isQuestion = false): void {
    if (isQuestion) {
      this.heard(String(name), args);
      return;
    }
    const last = args.at(-1);
    if (this.#pid !== undefined && typeof last === 'string') this.#offset = last;
    // Naru's own events have no place in the log, except presence announcements.
    const isOwn = String(name).startsWith('naru:');
    this.heard(String(name), isOwn ? args : args.slice(0, -1), this.#offset);
  }

  #emit(...event: unknown[]): void {
    this.#send(`42${this.#prefix}${JSON.stringify(event)}`);
  }

  #send(unit: string): void {
    this.#wire?.send(unit);
  }

  #listenOn(): void {
    this.listenFor(this.#silenceMs, () => this.#wire?.destroy());
  }

  #forget(): void {
    this.#pid = undefined;
    this.#offset = undefined;
  }
}

/** Puts bytes in the place of their placeholders. */
function fill(value: unknown, bytes: readonly Bytes[]): unknown {
  if (Array.isArray(value)) return value.map((each) => fill(each, bytes));
  if (typeof value !== 'object' || value === null) return value;
  const { _placeholder: isPlaceholder, num } = value as { _placeholder?: unknown; num?: unknown };
  if (isPlaceholder === true) return bytes[Number(num)];
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, bytes)]));
}
