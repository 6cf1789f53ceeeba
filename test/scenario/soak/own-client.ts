/** Our own client in the world, over polling, event streams and WebSockets. */
import { io, type Socket } from '../../../packages/naru/src/client/index.js';
import type { PresenceMember } from '../../../packages/naru/src/namespace/presence/roster.js';
import type { ClientKind } from './plan.js';
import { type ClientParts, SoakClient } from './soak-client.js';
import { Violation } from './truth.js';

const TRANSPORTS: Readonly<Partial<Record<ClientKind, string[]>>> = {
  'own-polling': ['polling'],
  'own-sse': ['sse'],
  'own-websocket': ['websocket'],
};

/** Our own client. */
export class OwnClient extends SoakClient {
  readonly socket: Socket;
  /** The present members, as far as the client was told: states by ids. */
  readonly present = new Map<string, unknown>();

  constructor(parts: ClientParts) {
    super(parts);
    const { clock } = this.state;
    this.socket = io(`${this.url}${parts.plan.namespace}`, {
      agent: this.device.agent,
      clock,
      random: this.random.fork(),
      forceNew: true,
      autoConnect: false,
      transports: TRANSPORTS[parts.plan.kind] ?? ['polling', 'sse', 'websocket'],
      query: this.query,
      retries: 1_000_000,
      ackTimeout: 3_000,
      reconnectionDelay: 100,
      reconnectionDelayMax: 2_000,
      timeout: 6_000,
    });
    this.#listen();
    this.visitor = this.createVisitor((event, args, answered) => {
      const { socket } = this;
      if (!socket.connected) return false;
      socket.volatile.emit(event, ...args, (error: Error | null, answer: unknown) => error ?? answered(answer));
      return true;
    });
  }

  override get isConnected(): boolean {
    return this.socket.connected;
  }

  protected override open(): void {
    this.socket.connect();
  }

  protected override shut(): void {
    this.socket.disconnect();
  }

  /** The client has another network, and the server does not hear that it has left the former one. */
  override redial(): boolean {
    if (!this.isConnected) return false;
    for (const link of this.device.links) link.hold();
    this.socket.io.engine?.close();
    return true;
  }

  override op(count: number): void {
    for (let each = 0; each < count; each += 1) {
      this.ops += 1;
      const number = this.ops;
      this.socket.emit('op', number, (error: Error | null, answer: unknown) =>
        this.guard(() => {
          if (error) throw error;
          this.state.trace.note(`${this.state.clock.elapsed} ${this.plan.name} op ${number} ${String(answer)}`);
          this.state.deeds.onAck(this.plan.name, number, answer);
          this.#expectKept(number, answer);
          this.course.onWord(String(answer));
        }),
      );
    }
  }

  /** An event with a key is answered when the log has what its listener emitted before. */
  #expectKept(number: number, answer: unknown): void {
    const { deeds, truth, isKeyed } = this.state;
    const id = deeds.emittedBefore(answer);
    if (isKeyed && id !== undefined && truth.sequenceOf(id) === undefined)
      throw new Violation(`${this.plan.name}: number ${number} was answered before ${id} is in the log`);
  }

  override enter(room: string): void {
    if (this.isConnected) this.socket.volatile.emit('enter', room, this.course.lastId);
  }

  override exit(room: string): void {
    if (this.isConnected) this.socket.volatile.emit('exit', room, this.course.lastId);
  }

  override mood(state: number): void {
    this.socket.volatile.emit('mood', state);
  }

  #listen(): void {
    const { socket, present } = this;
    socket.on('connect', () => {
      this.isAway = false;
      this.connected(socket.id ?? '', socket.recovered);
    });
    socket.on('disconnect', (reason: string) => {
      this.isAway = true;
      this.visitor?.onLost();
      if (reason !== 'io server disconnect') return;
      this.ended();
      this.state.clock.setTimeout(() => this.isWanted && socket.connect(), 300, undefined);
    });
    socket.io.engine?.on('ping', () => this.stirred());
    socket.io.on('ping', () => this.stirred());
    for (const event of ['n', 'hello', 'entered', 'exited', 'bye', 'l', 'v', 'naru:gap'])
      socket.on(event, (...args: unknown[]) => this.heard(event, args));
    socket.on('q', (id: unknown, answer: (...args: unknown[]) => void) => {
      this.heard('q', [id]);
      answer('yes');
    });
    socket.on('naru:presence:list', (_room: string, { members }: { members: PresenceMember[] }) => {
      present.clear();
      for (const { id, state } of members) present.set(id, state);
      this.#noteSeen('lists', [...present.keys()]);
    });
    const put = (_room: string, { id, state }: PresenceMember): void => {
      present.set(id, state);
      this.#noteSeen('sees', id);
    };
    socket.on('naru:presence:join', put);
    socket.on('naru:presence:update', put);
    socket.on('naru:presence:leave', (_room: string, { id }: PresenceMember) => {
      present.delete(id);
      this.#noteSeen('sees no more', id);
    });
  }

  #noteSeen(what: string, who: string | readonly string[]): void {
    this.state.trace.note(`${this.state.clock.elapsed} ${this.plan.name} ${what} ${who}`);
  }
}
