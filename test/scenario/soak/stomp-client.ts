/** A client of STOMP 1.2 over a WebSocket with one room. It resumes after the offset that it kept, or as a durable subscriber. */
import type { Timer } from '../../../src/base/clock.js';
import { StompDecoder } from '../../../src/protocol/stomp/decoder.js';
import { encodeFrame, encodeTextFrame, SERVER_COMMANDS, type StompFrame } from '../../../src/protocol/stomp/frame.js';
import type { WebSocketConnection, WebSocketHandler } from '../../../src/transport/websocket/connection.js';
import { dialWebSocket } from '../../../src/transport/websocket/dial.js';
import { webSocketSettings } from '../../../src/transport/websocket/settings.js';
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
}

/** A client of STOMP. */
export class StompClient extends DiallingClient {
  #call: Call | undefined = undefined;
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
    const call: Call = { connection: undefined, decoder, beat: undefined, isOver: false };
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
    if (!call) return;
    if (this.#isConnected) call.connection?.sendText(encodeFrame('DISCONNECT', [], '1.2'));
    this.#end(call);
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
    else if (command === 'RECEIPT') this.#isConnected = true;
    else if (command === 'MESSAGE') this.#onMessage(call, frame);
    // A server that closes reports it as an error.
    else this.state.trace.note(`${this.plan.name} error ${headers.get('message')}`);
  }

  #subscribe(call: Call, session: string): void {
    const { clock } = this.state;
    call.decoder.version = '1.2';
    this.connected(session, false);
    const how = this.isDurable
      ? ([
          ['durable', `${this.plan.name} of the seed ${this.state.seed}, a secret`],
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

  #onMessage(call: Call, { headers, body }: StompFrame): void {
    const offset = headers.get('offset');
    const ack = headers.get('ack');
    const event = headers.get('event') ?? '';
    const isBytes = headers.get('content-type') === 'application/octet-stream';
    const args = isBytes ? [Buffer.from(body)] : (revive(JSON.parse(Buffer.from(body).toString())) as unknown[]);
    if (ack !== undefined) call.connection?.sendText(encodeFrame('ACK', [['id', ack]], '1.2'));
    if (event === 'naru:gap') this.course.onGap(args[0] as Gap);
    else if (event === 'n') this.#onEvent(args, offset);
    else if (event === 'v') this.heard(event, args);
  }

  #onEvent(args: readonly unknown[], offset: string | undefined): void {
    if (offset === undefined) throw new Violation(`${this.plan.name}: got ${String(args[0])} without its offset`);
    // Unacknowledged messages arrive again.
    if (this.isDurable && this.course.isBehind(args[0])) return;
    this.#offset = offset;
    this.heard('n', args);
  }

  #listenOn(call: Call): void {
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
    if (this.#call !== call) return;
    this.#call = undefined;
    this.#isConnected = false;
    this.lost();
  }
}
