/**
 * Servers that share a simulated home, each with a clock and a network of its own, and clients that act only when told.
 */
import { get, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import { EventStreamDecoder } from '../../../packages/naru/src/protocol/event-stream/decoder.js';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { Server } from '../../../packages/naru/src/server/api/server.js';
import { FakeClock, LateHome, type LateHomeOptions, TestNetwork } from '../../../packages/testing/src/entry/index.js';
import type { HomeWitness, LatePart } from '../../../packages/testing/src/late-home/late-home.js';
import { PortlessServer } from '../../../packages/testing/src/portless-server.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { RawClient } from '../../kit/clients/raw-client.js';
import { NodeClock } from '../soak/node-clock.js';

/** Milliseconds that a request travels, that its answer travels, and that a batch travels. */
export const TRAVEL_MS = 10;

/** A home, and its clock. */
export class LateStage {
  readonly clock = new FakeClock();
  readonly home: LateHome;
  readonly #nodes: LateNode[] = [];
  readonly #seed: number;

  constructor(options: Omit<LateHomeOptions, 'clock'> = {}, witness?: HomeWitness) {
    this.#seed = options.seed ?? 0;
    const travel: readonly [number, number] = [TRAVEL_MS, TRAVEL_MS];
    this.home = new LateHome({ clock: this.clock, callMs: travel, pushMs: travel, ...options }, witness);
    onTestFinished(async () => {
      this.home.start();
      for (const node of this.#nodes) node.resume();
      await this.clock.advance(1_000);
      const closed = this.#nodes.map((node) => node.close());
      await this.clock.advance(30_000);
      await Promise.all(closed);
    });
  }

  /** Starts a server. `skewMs` is how far its clock is off. */
  async node(options: ServerOptions = {}, skewMs = 0): Promise<LateNode> {
    const node = new LateNode(this, 1_000 * this.#seed + this.#nodes.length + 1, options, skewMs);
    this.#nodes.push(node);
    await this.clock.advance(1_000);
    return node;
  }
}

/** A clock that is wrong. */
class SkewedClock extends NodeClock {
  readonly #skewMs: number;

  constructor(clock: FakeClock, skewMs: number) {
    super(clock);
    this.#skewMs = skewMs;
  }

  override now(): number {
    return super.now() + this.#skewMs;
  }
}

/** One server. */
export class LateNode {
  readonly url = 'http://naru.test';
  /** The clock of the network and of the clients. */
  readonly clock: FakeClock;
  /** The clock of the server. */
  readonly own: NodeClock;
  readonly network: TestNetwork;
  readonly part: LatePart;
  readonly io: Server;
  /** The messages of `log_error`. */
  readonly errors: string[] = [];
  #isDead = false;

  constructor({ clock, home }: LateStage, seed: number, options: ServerOptions, skewMs: number) {
    const random = new SeededRandom(seed);
    this.clock = clock;
    this.own = new SkewedClock(clock, skewMs);
    this.network = new TestNetwork({ clock, seed });
    this.part = home.part(this.own, random.fork());
    const http = new PortlessServer((_request, response) => response.writeHead(404).end());
    this.network.serve(http);
    this.io = new Server(http, {
      connectionStateRecovery: { maxDisconnectionDuration: 600_000, skipMiddlewares: true },
      events: true,
      ...options,
      backplane: this.part.connect(),
      clock: this.own,
      random: random.fork(),
    });
    this.io.allow({ subscribe: true });
    this.io.engine.on('log_error', (error: Error) => this.errors.push(error.message));
  }

  /** Lets a client enter. With `auth`, it asks for its session. */
  async enter(auth?: { pid: string; offset?: string }, waitMs = 500): Promise<LateClient> {
    const client = new LateClient(await RawClient.open(this, { answersPings: true }));
    client.raw.send(auth ? `40${JSON.stringify(auth)}` : '40');
    await this.clock.advance(waitMs);
    return client;
  }

  /** Opens an event stream, as an EventSource does. */
  async listen(rooms: string, lastEventId = ''): Promise<StreamClient> {
    const client = new StreamClient(this, rooms, lastEventId);
    await this.clock.advance(0);
    return client;
  }

  /** The server does nothing until `resume`. */
  pause(): void {
    this.own.pause();
  }

  resume(): void {
    this.own.resume();
  }

  /** The process dies. */
  kill(): void {
    this.#isDead = true;
    this.part.break();
    this.own.kill();
    for (const link of this.network.links) link.cut();
  }

  async close(): Promise<void> {
    if (!this.#isDead) await this.io.close();
    this.network.close();
  }
}

/** A client of Socket.IO. */
export class LateClient {
  readonly raw: RawClient;

  constructor(raw: RawClient) {
    this.raw = raw;
  }

  /** The answer to CONNECT, if it has come. */
  get answer(): { readonly sid: string; readonly pid?: string } | undefined {
    const text = this.raw.texts.find((each) => each.startsWith('40'));
    return text === undefined ? undefined : (JSON.parse(text.slice(2)) as { sid: string; pid?: string });
  }

  /** The events that came. A question counts as one, and a gap is `naru:gap`. */
  get events(): string[] {
    return this.#packets.map(([name]) => String(name));
  }

  /** The credentials with which the client gets its session back. */
  get auth(): { pid: string; offset?: string } {
    const pid = this.answer?.pid;
    if (pid === undefined) throw new TypeError('the client has no pid');
    const offset = this.#packets.map((packet) => packet.at(-1)).findLast((last) => /^\w{11}$/.test(String(last)));
    return typeof offset === 'string' ? { pid, offset } : { pid };
  }

  /** Breaks the connection. */
  cut(): void {
    this.raw.link?.cut();
  }

  get #packets(): unknown[][] {
    const texts = this.raw.texts.map((text) => /^42\d*(\[.*)$/.exec(text)?.[1]);
    return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as unknown[]]));
  }
}

/** A client of plain events. */
export class StreamClient {
  readonly events: string[] = [];
  lastEventId: string;
  isOver = false;
  status: number | undefined = undefined;
  readonly #request: ReturnType<typeof get>;

  constructor({ url, network }: LateNode, rooms: string, lastEventId: string) {
    this.lastEventId = lastEventId;
    const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
    this.#request = get(`${url}/events/${rooms}`, { agent: network.agent, headers }, (response) =>
      this.#read(response),
    );
    this.#request.on('error', () => this.#end());
  }

  cut(): void {
    this.#request.destroy();
  }

  #read(response: IncomingMessage): void {
    const decoder = new EventStreamDecoder();
    this.status = response.statusCode;
    response.on('data', (chunk: Buffer) => {
      for (const { event, lastEventId } of decoder.add(chunk)) {
        if (lastEventId !== '') this.lastEventId = lastEventId;
        this.events.push(event);
      }
    });
    response.on('close', () => this.#end()).on('error', () => this.#end());
  }

  #end(): void {
    this.isOver = true;
  }
}
