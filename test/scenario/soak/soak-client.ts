/** The common part of all clients in the world: a device, a course, and the actions that they can be asked for. */
import type { TestDevice } from '../../../packages/testing/src/network/network.js';
import type { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { Course, type Gap } from './course.js';
import type { ClientPlan } from './plan.js';
import { Violation } from './truth.js';
import { Visitor, type VisitorParts } from './visitor.js';
import type { WorldState } from './world-state.js';

/** The parts of a client. */
export interface ClientParts {
  readonly state: WorldState;
  readonly plan: ClientPlan;
  readonly device: TestDevice;
  readonly random: SeededRandom;
  /** Returns why a lost session on a server need not be recovered; `undefined` when it must be. */
  excuse(lost: LostSession): string | undefined;
  /** Whether a socket reads late. */
  isLate(namespace: string, socketId: string): boolean;
  /** Whether a server is there as it was. */
  isLiving(node: number): boolean;
  /** Whether a server could not reach the log at some time since `since`. */
  wasUnsure(node: number, since: number): boolean;
  /** Whether a server waited for the answer to an append for a second, at some time since `since`. */
  wasSlow(node: number, since: number): boolean;
  /** The id of the server to which the network leads the client. */
  node(): number;
  /** Milliseconds after which a change of a session is written. */
  readonly writtenMs: number;
}

/** A session that was not recovered. */
export interface LostSession {
  readonly node: number;
  readonly socketId: string;
  readonly connectedAt: number;
  readonly heardAt: number;
  /** The newest sequence of its client. */
  readonly last: number;
  readonly namespace: string;
}

/** A client. Its subclasses know a wire. */
export abstract class SoakClient {
  readonly plan: ClientPlan;
  readonly device: TestDevice;
  readonly course: Course;
  /** The number of events with an acknowledgement, and of events that are sent once. */
  ops = 0;
  says = 0;
  /** The visits of a client that can enter rooms with history. */
  visitor: Visitor | undefined = undefined;
  protected readonly state: WorldState;
  protected readonly random: SeededRandom;
  protected readonly url: string;
  protected readonly query: { readonly client: string; readonly rooms: string };
  /** Whether the client wants to be connected. */
  protected isWanted = false;
  readonly #parts: ClientParts;
  #bye: string | undefined = undefined;
  #byeAt = 0;
  #session: { node: number; socketId: string; connectedAt: number; heardAt: number } | undefined = undefined;

  constructor(parts: ClientParts) {
    const { state, plan, device, random } = parts;
    this.#parts = parts;
    this.state = state;
    this.plan = plan;
    this.device = device;
    this.random = random;
    this.query = { client: plan.name, rooms: plan.rooms.join(',') };
    this.url = 'http://naru.test';
    const { home, truth, clock } = state;
    this.course = new Course(truth, {
      name: plan.name,
      namespace: plan.namespace,
      rooms: plan.rooms,
      isLog: plan.kind === 'events' || plan.kind.startsWith('stomp'),
      isTopic: plan.kind.startsWith('stomp'),
      now: () => clock.now(),
      node: () => parts.node(),
      isLate: (socketId) => parts.isLate(plan.namespace, socketId),
      leftLate: (socketId) => parts.state.leftLate.has(socketId),
      isLiving: (node) => parts.isLiving(node),
      wasUnsure: (node, since) => parts.wasUnsure(node, since),
      wasSlow: (node, since) => parts.wasSlow(node, since),
      wasPutOut: (socketId) => parts.state.putOut.has(socketId),
      wasRefused: (socketId, at) => home.texts.wasRefused(socketId, at),
      oldest: () => {
        const { count } = home.log.extent(plan.namespace);
        return truth.of(plan.namespace).end - count + 1;
      },
    });
  }

  /** Whether the client believes that it is connected. */
  abstract get isConnected(): boolean;

  /** Whether it has lost its connection and was not told of the next one. It may get what it missed before that. */
  protected isAway = false;

  /** Connects if necessary, and reconnects after every loss. */
  connect(): void {
    this.isWanted = true;
    this.open();
  }

  /** Disconnects in order. */
  leave(): void {
    this.isWanted = false;
    this.#session = undefined;
    this.visitor?.onLost();
    this.shut();
  }

  protected abstract open(): void;
  protected abstract shut(): void;

  /** Opens another connection beside the one that it has, and stays on both. Returns `false` if it cannot. */
  redial(): boolean {
    return false;
  }
  /** Requests an action that must run once. */
  op(_count: number): void {}
  /** Sends an event that may get lost. */
  say(_count: number): void {}
  /** Asks to join a room. */
  enter(_room: string): void {}
  /** Asks to leave a room. */
  exit(_room: string): void {}
  /** Sets the client's presence state. */
  mood(_state: number): void {}

  /** Nothing is on its way any more: the client must be connected, and have everything. */
  expectAll(): void {
    if (!this.isConnected) throw new Violation(`${this.course.options.name}: is not connected`);
    this.course.expectAll();
    this.visitor?.expectAll();
    this.state.deeds.expectAnswered(this.plan.name, this.ops);
  }

  /** The client is connected, as the socket of that id. */
  protected connected(socketId: string, isRecovered: boolean): void {
    this.guard(() => {
      const now = this.state.clock.elapsed;
      this.state.trace.note(`${now} ${this.plan.name} connects${isRecovered ? ' again' : ''} as ${socketId}`);
      const before = this.#session;
      this.#session = { node: this.#parts.node(), socketId, connectedAt: now, heardAt: now };
      if (before && !isRecovered && !this.course.options.isLog) this.#expectExcuse(before);
      this.course.onConnect(socketId, isRecovered);
      this.visitor?.onConnect(socketId);
    });
  }

  /** The server puts it out. `lastId` is the event with which it does so. */
  kicked(lastId: string | undefined): void {
    this.#session = undefined;
    this.#bye = lastId;
    this.#byeAt = this.state.clock.now();
  }

  /** The client was disconnected by the server, so its session is over. */
  protected ended(): void {
    this.#session = undefined;
    this.visitor?.onLost();
    this.guard(() => this.course.onEnd(this.#bye, this.#byeAt));
  }

  /** An event arrived, with the offset that it has on this wire, if any. */
  protected heard(event: string, args: readonly unknown[], offset?: string): void {
    this.guard(() => {
      const { clock, trace } = this.state;
      const now = clock.elapsed;
      if (this.#session) this.#session.heardAt = now;
      if (!this.isConnected || this.isAway) this.course.onMissed();
      trace.note(
        `${now} ${this.plan.name} ${event} ${event === 'naru:gap' ? JSON.stringify(args[0]) : String(args[0])}`,
      );
      if (event === 'n' || event === 'entered' || event === 'exited' || event === 'bye')
        this.course.onEvent(args, offset);
      else if (event === 'l' || event === 'q') this.course.onWord(String(args[0]));
      else if (event === 'hello') this.course.onHello(args, args[1]);
      else if (event === 'v') this.course.onVolatile(args[0]);
      else if (event === 'naru:gap') this.course.onGap(args[0] as Gap);
    });
  }

  /** Data arrived, which may be only a ping. */
  protected stirred(): void {
    if (this.#session && this.isConnected) this.#session.heardAt = this.state.clock.elapsed;
  }

  /**
   * Has the client enter rooms with history. `call` sends an event, and passes on its answer unless the connection is
   * lost.
   */
  protected createVisitor(call: VisitorParts['call']): Visitor {
    const { state, plan, course } = this;
    const isExcused = (since: number): boolean => this.#parts.wasUnsure(this.#parts.node(), since - 1_000);
    const guarded: VisitorParts['call'] = (event, args, answered) =>
      call(event, args, (answer) => this.guard(() => answered(answer)));
    const { writtenMs } = this.#parts;
    return new Visitor({ name: plan.name, state, course, writtenMs, isExcused, call: guarded });
  }

  /** An exception of our own listener is a finding, and must not reach the code that called the listener. */
  protected guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.state.fail(error);
    }
  }

  #expectExcuse(before: Omit<LostSession, 'last' | 'namespace'>): void {
    const { last } = this.course;
    const lost = { ...before, last, namespace: this.plan.namespace };
    const excuse = this.#parts.excuse(lost);
    if (excuse !== undefined) {
      this.state.trace.note(`${this.plan.name} is new: ${excuse}`);
      return;
    }
    const ms = this.state.clock.elapsed - before.heardAt;
    throw new Violation(`${this.course.options.name}: was not recovered, ${ms} ms after it had heard something`);
  }
}
