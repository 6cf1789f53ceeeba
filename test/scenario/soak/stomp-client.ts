/**
 * A client of STOMP 1.2 over a WebSocket with one room. It resumes after the offset that it kept, or as a durable
 * subscriber.
 */
import { decodeOffset } from '../../../packages/naru/src/backplane/backplane.js';
import type { Timer } from '../../../packages/naru/src/base/clock.js';
import type {
  WebSocketConnection,
  WebSocketHandler,
} from '../../../packages/naru/src/transport/websocket/connection.js';
import { dialWebSocket } from '../../../packages/naru/src/transport/websocket/dial.js';
import { webSocketSettings } from '../../../packages/naru/src/transport/websocket/settings.js';
import { StompDecoder } from '../../../packages/stomp/src/protocol/decoder.js';
import {
  encodeFrame,
  encodeTextFrame,
  SERVER_COMMANDS,
  type StompFrame,
} from '../../../packages/stomp/src/protocol/frame.js';
import { durableKey } from '../../../packages/stomp/src/subscriptions/durables.js';
import type { Gap } from './course.js';
import { DiallingClient } from './dialling-client.js';
import { revive } from './events-client.js';
import { Violation } from './truth.js';

const LIMITS = { headersMax: 100, headerBytesMax: 100_000, bodyBytesMax: 1_000_000 };
const BEAT_MS = 5_000;

/** One connection. */
interface Call {
  connection: WebSocketConnection | undefined;
  readonly decoder: StompDecoder;
  beat: Timer | undefined;
  isOver: boolean;
  /** The id of its server. */
  node: number;
  /** Messages up to this offset were acknowledged when it subscribed, and the server had confirmed that. */
  after: string;
  /** The offset of its first message. */
  first: string | undefined;
  /** The end of the log when it had subscribed. */
  subscribedAt: number | undefined;
}

/** A client of STOMP. */
export class StompClient extends DiallingClient {
  #call: Call | undefined = undefined;
  /** A connection that another one is to replace. The client still takes messages from it. */
  #former: Call | undefined = undefined;
  /** The newest offset whose ACK the server has confirmed. */
  #confirmed = '';
  #isConnected = false;
  #offset = 'next';

  override get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether the server remembers the place of the subscription. */
  get isDurable(): boolean {
    return this.plan.kind === 'stomp-durable';
  }

  protected override open(): void {
    if (this.#call || !this.isWanted) return;
    const decoder = new StompDecoder(LIMITS, SERVER_COMMANDS);
    const call: Call = {
      ...{ connection: undefined, decoder, beat: undefined, isOver: false },
      ...{ node: 0, after: '', first: undefined, subscribedAt: undefined },
    };
    this.#call = call;
    this.#listenOn(call);
    const handler: WebSocketHandler = {
      onText: (_connection, text) => this.#read(call, Buffer.from(text)),
      onBinary: (_connection, bytes) => this.#read(call, bytes),
      onWritable: () => undefined,
      onClose: () => this.#end(call),
    };
    const settings = webSocketSettings({ clock: this.state.clock, random: this.random.fork() });
    const onOpen = (connection: WebSocketConnection): void => {
      call.connection = connection;
      if (call.isOver) connection.terminate();
      else this.#greet(call);
    };
    const options = { agent: this.device.agent, protocols: ['v12.stomp'], timeoutMs: 6_000, onOpen };
    dialWebSocket(`ws://naru.test/stomp?client=${this.plan.name}`, options, settings, handler).then(
      () => undefined,
      () => this.#end(call),
    );
  }

  protected override shut(): void {
    this.rest();
    const call = this.#call;
    if (this.#former) this.#end(this.#former);
    if (!call) return;
    if (this.#isConnected) call.connection?.sendText(encodeFrame('DISCONNECT', [], '1.2'));
    this.#end(call);
  }

  override redial(): boolean {
    const call = this.#call;
    if (!this.isDurable || !this.#isConnected || !call) return false;
    if (this.#former) this.#end(this.#former);
    this.#former = call;
    this.#call = undefined;
    this.#isConnected = false;
    this.open();
    return true;
  }

  override expectAll(): void {
    super.expectAll();
    if (this.#former) throw new Violation(`${this.plan.name}: still has the connection that another one has replaced`);
  }

  override say(count: number): void {
    for (let each = 0; each < count && this.#isConnected; each += 1) {
      this.says += 1;
      const headers = [
        ['destination', '/app/say'],
        ['content-type', 'application/json'],
      ] as const;
      this.#call?.connection?.sendText(encodeTextFrame('SEND', headers, JSON.stringify([this.says]), '1.2'));
    }
  }

  #greet({ connection }: Call): void {
    connection?.sendText(
      encodeFrame(
        'CONNECT',
        [
          ['accept-version', '1.2'],
          ['host', 'naru.test'],
          ['namespace', this.plan.namespace],
          ['heart-beat', `${BEAT_MS},${BEAT_MS}`],
        ],
        '1.2',
      ),
    );
  }

  #read(call: Call, bytes: Uint8Array): void {
    if (call.isOver) return;
    this.#listenOn(call);
    this.stirred();
    call.decoder.push(bytes);
    this.guard(() => {
      for (let frame = call.decoder.next(); frame && !call.isOver; frame = call.decoder.next())
        this.#onFrame(call, frame);
    });
  }

  #onFrame(call: Call, frame: StompFrame): void {
    const { command, headers } = frame;
    if (command === 'CONNECTED') this.#subscribe(call, headers.get('session') ?? '');
    else if (command === 'RECEIPT') this.#onReceipt(call, headers.get('receipt-id') ?? '');
    else if (command === 'MESSAGE') this.#onMessage(call, frame);
    // A server that closes reports it as an error.
    else this.state.trace.note(`${this.plan.name} error ${headers.get('message')}`);
  }

  #subscribe(call: Call, session: string): void {
    const { clock } = this.state;
    call.decoder.version = '1.2';
    this.connected(session, false);
    call.node = this.course.options.node();
    call.after = this.#confirmed;
    const how = this.isDurable
      ? ([
          ['durable', this.#name],
          ['ack', 'client'],
        ] as const)
      : ([['offset', this.#offset]] as const);
    const headers = [['id', 's'], ['destination', `/topic/${this.plan.rooms[0]}`], ['receipt', 'r'], ...how] as const;
    call.connection?.sendText(encodeFrame('SUBSCRIBE', headers, '1.2'));
    const beat = (): void => {
      call.connection?.sendText('\n');
      call.beat = clock.setTimeout(beat, BEAT_MS, undefined);
    };
    beat();
  }

  #onReceipt(call: Call, id: string): void {
    if (id === 'r') {
      call.subscribedAt = this.state.truth.of(this.plan.namespace).end;
      if (this.#call === call) this.#isConnected = true;
      return;
    }
    const { first = '~' } = this.#call ?? {};
    if (this.#call !== call && first <= id)
      throw new Violation(`${this.plan.name}: got ${first} from another server before ${id} was confirmed`);
    if (id > this.#confirmed) this.#confirmed = id;
  }

  /** A message of a durable subscription has come. */
  #expectHolder(call: Call, offset: string): void {
    call.first ??= offset;
    const { name } = this.plan;
    if (offset <= call.after) throw new Violation(`${name}: got ${offset} again after its ACK was confirmed`);
    const { subscribedAt, node } = call;
    const takings = this.state.truth.of(this.plan.namespace).taken.filter((each) => each.key === this.#key);
    const term = Math.max(0, ...takings.filter((each) => each.node === node).map((each) => each.term));
    const taken = takings.find((each) => {
      const isLater = subscribedAt !== undefined && each.sequence > subscribedAt;
      return isLater && each.term > term && each.node !== node && each.sequence < (decodeOffset(offset) ?? 0);
    });
    if (taken)
      throw new Violation(`${name}: got ${offset} from server ${node}, and server ${taken.node} took it earlier`);
  }

  /** The name of the durable subscription. */
  get #name(): string {
    return `${this.plan.name} of the seed ${this.state.seed}, a secret`;
  }

  get #key(): string {
    return durableKey(this.plan.namespace, '', this.plan.rooms[0] ?? '', this.#name);
  }

  #onMessage(call: Call, { headers, body }: StompFrame): void {
    const offset = headers.get('offset');
    const place = offset?.slice(0, 11);
    if (this.isDurable && place !== undefined) this.#expectHolder(call, place);
    const ack = headers.get('ack');
    const event = headers.get('event') ?? '';
    const isBytes = headers.get('content-type') === 'application/octet-stream';
    const args = isBytes ? [Buffer.from(body)] : (revive(JSON.parse(Buffer.from(body).toString())) as unknown[]);
    const receipt = place === undefined ? [] : [['receipt', place] as const];
    if (ack !== undefined) call.connection?.sendText(encodeFrame('ACK', [['id', ack], ...receipt], '1.2'));
    if (event === 'naru:gap') this.course.onGap(args[0] as Gap);
    else if (event === 'n') this.#onEvent(args, offset);
    // A client with two connections gets a volatile event on both.
    else if (event === 'v' && this.#call === call) this.heard(event, args);
  }

  #onEvent(args: readonly unknown[], offset: string | undefined): void {
    if (offset === undefined) throw new Violation(`${this.plan.name}: got ${String(args[0])} without its offset`);
    // Unacknowledged messages arrive again.
    if (this.isDurable && this.course.isBehind(args[0])) return;
    this.#offset = offset;
    this.heard('n', args);
  }

  #listenOn(call: Call): void {
    if (this.#call !== call) return;
    this.listenFor(3 * BEAT_MS, () => this.#end(call));
  }

  #end(call: Call): void {
    const { clock } = this.state;
    if (call.isOver) return;
    call.isOver = true;
    if (call.beat !== undefined) clock.clearTimeout(call.beat);
    // The last messages go out first.
    if (this.isWanted) call.connection?.terminate();
    else clock.setTimeout(() => call.connection?.terminate(), 50, undefined);
    if (this.#former === call) this.#former = undefined;
    if (this.#call !== call) return;
    this.#call = undefined;
    this.#isConnected = false;
    this.lost();
  }
}
