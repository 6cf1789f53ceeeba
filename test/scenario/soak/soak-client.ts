/** What all clients of the world have in common: a device, a course, and what may be asked of them. */
import type { TestDevice } from '../../../src/testing/network/network.js';
import type { SeededRandom } from '../../../src/testing/seeded-random.js';
import { Course, type Gap } from './course.js';
import type { ClientPlan } from './plan.js';
import { Violation } from './truth.js';
import type { WorldState } from './world-state.js';

/** What a client is given. */
export interface ClientParts {
  readonly state: WorldState;
  readonly plan: ClientPlan;
  readonly device: TestDevice;
  readonly random: SeededRandom;
  /** Says why a session that was there so long ago, on the server of that id, need not go on; `undefined`: it has to. */
  excuse(lost: LostSession): string | undefined;
  /** The id of the server that the client is led to. */
  node(): number;
}

/** A session that did not go on. */
export interface LostSession {
  readonly node: number;
  readonly socketId: string;
  readonly connectedAt: number;
  readonly heardAt: number;
  /** The newest sequence that its client has. */
  readonly last: number;
  readonly namespace: string;
}

/** A client. Its subclasses know a wire. */
export abstract class SoakClient {
  readonly plan: ClientPlan;
  readonly device: TestDevice;
  readonly course: Course;
  /** Ids of events that were asked for with an acknowledgement, and of those that were sent once. */
  ops = 0;
  says = 0;
  protected readonly state: WorldState;
  protected readonly random: SeededRandom;
  protected readonly url: string;
  protected readonly query: { readonly client: string; readonly rooms: string };
  /** Whether it wants to be connected. */
  protected isWanted = false;
  readonly #parts: ClientParts;
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
      name: `${plan.name} (${plan.kind})`,
      namespace: plan.namespace,
      rooms: plan.rooms,
      isLog: plan.kind === 'events' || plan.kind.startsWith('stomp'),
      isTopic: plan.kind.startsWith('stomp'),
      now: () => clock.now(),
      oldest: () => {
        const { count } = home.log.extent(plan.namespace);
        return truth.of(plan.namespace).end - count + 1;
      },
    });
  }

  /** Whether it is connected, as far as it knows. */
  abstract get isConnected(): boolean;

  /** Connects, if it is not connected; and again whenever it is lost. */
  connect(): void {
    this.isWanted = true;
    this.open();
  }

  /** Leaves in order. */
  leave(): void {
    this.isWanted = false;
    this.#session = undefined;
    this.shut();
  }

  protected abstract open(): void;
  protected abstract shut(): void;

  /** Asks for something that has to be done once. */
  op(_count: number): void {}
  /** Sends something that may get lost. */
  say(_count: number): void {}
  /** Asks to be put into a room. */
  enter(_room: string): void {}
  /** Asks to be taken out of a room. */
  exit(_room: string): void {}
  /** Says how it is. */
  mood(_state: number): void {}

  /** Everything is quiet: it is connected, and has everything. */
  expectAll(): void {
    if (!this.isConnected) throw new Violation(`${this.course.options.name}: is not connected`);
    this.course.expectAll();
    this.state.deeds.expectAnswered(this.plan.name, this.ops);
  }

  /** It is connected, as the socket of that id. */
  protected connected(socketId: string, isRecovered: boolean): void {
    this.guard(() => {
      const now = this.state.clock.elapsed;
      this.state.trace.note(`${now} ${this.plan.name} connects${isRecovered ? ' again' : ''} as ${socketId}`);
      const before = this.#session;
      this.#session = { node: this.#parts.node(), socketId, connectedAt: now, heardAt: now };
      if (before && !isRecovered && !this.course.options.isLog) this.#expectExcuse(before);
      this.course.onConnect(socketId, isRecovered);
    });
  }

  /** The server puts it out. */
  kicked(): void {
    this.#session = undefined;
  }

  /** It was put out: its session does not go on. */
  protected ended(): void {
    this.#session = undefined;
  }

  /** An event came. */
  protected heard(event: string, args: readonly unknown[]): void {
    this.guard(() => {
      const { clock, trace } = this.state;
      const now = clock.elapsed;
      if (this.#session) this.#session.heardAt = now;
      trace.note(`${now} ${this.plan.name} ${event} ${String(args[0])}`);
      if (event === 'n' || event === 'entered' || event === 'exited') this.course.onEvent(args);
      else if (event === 'hello') this.course.onHello(args, args[1]);
      else if (event === 'v') this.course.onVolatile(args[0]);
      else if (event === 'naru:gap') this.course.onGap(args[0] as Gap);
    });
  }

  /** Something came, if only a ping. */
  protected stirred(): void {
    if (this.#session && this.isConnected) this.#session.heardAt = this.state.clock.elapsed;
  }

  /** What a listener of ours throws is a finding, and no error of the code that called it. */
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
