/** A server on a fake clock, and STOMP clients on transports in memory. */
import { Buffer } from 'node:buffer';
import { encodeUtf8 } from '../../../packages/naru/src/base/bytes.js';
import { readOptions } from '../../../packages/naru/src/base/options/table.js';
import type { NamespaceContext } from '../../../packages/naru/src/namespace/context.js';
import type { Socket } from '../../../packages/naru/src/server/api/index.js';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { endpointContextOf, Server } from '../../../packages/naru/src/server/api/server.js';
import { HandshakeRequest } from '../../../packages/naru/src/session/handshake-request.js';
import type { Session } from '../../../packages/naru/src/session/session.js';
import { NOBODY } from '../../../packages/naru/src/transport/transport.js';
import {
  completeStomp,
  type StompOptions,
  type StompSettings,
  stompTable,
} from '../../../packages/stomp/src/options.js';
import { StompDecoder } from '../../../packages/stomp/src/protocol/decoder.js';
import { SERVER_COMMANDS, type StompFrame } from '../../../packages/stomp/src/protocol/frame.js';
import type { StompVersion } from '../../../packages/stomp/src/protocol/version.js';
import { StompScope } from '../../../packages/stomp/src/scope.js';
import { StompConnection } from '../../../packages/stomp/src/stomp-connection.js';
import { FakeClock, MemoryTransport, SeededRandom } from '../../../packages/testing/src/index.js';
import { encodeBinaryFrame } from '../frames/stomp.js';

const LIMITS = { headersMax: 100, headerBytesMax: 100_000, bodyBytesMax: 1_000_000 };

/** Returns settings with these limits, and defaults for the others. */
export function stompSettings(limits: StompOptions): StompSettings {
  return { ...readOptions(stompTable, limits), bodyBytesMax: LIMITS.bodyBytesMax };
}

/** A received frame with its body as text. */
export interface Got {
  readonly command: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly bytes: Buffer;
}

export class StompTester {
  readonly transport: MemoryTransport;
  readonly session: Session;
  readonly connection: StompConnection;
  /** The calls with which the connection paused and resumed reading. */
  readonly flow: string[] = [];
  readonly #decoder = new StompDecoder(LIMITS, SERVER_COMMANDS);
  readonly #clock: FakeClock;
  #readCount = 0;
  readonly all: Got[] = [];
  beats = 0;
  /** Whether the transport reports that the client is still there. */
  isPeerThere = true;
  /** Whether the transport reports that a message is on its way. */
  isSending = false;

  constructor(stage: Stage) {
    this.#clock = stage.clock;
    this.transport = new MemoryTransport(stage.clock, NOBODY, { isPlain: true, name: 'tcp' });
    let connection: StompConnection | undefined;
    const handshake = HandshakeRequest.of({ url: '/', remoteAddress: '10.0.0.1', isSecure: false });
    const session = stage.io.engine.openSession(this.transport, handshake, {
      subprotocol: 'stomp',
      receiver: (opened) => {
        connection = new StompConnection(stage.scope, opened, {
          pause: () => this.flow.push('pause'),
          resume: () => this.flow.push('resume'),
          checkPeer: () => this.isPeerThere,
          checkProgress: () => this.isSending,
        });
      },
    });
    if (!session || !connection) throw new Error('the engine took no session');
    this.session = session;
    this.connection = connection;
  }

  /** Sends text as it is. */
  async raw(text: string | Uint8Array): Promise<Got[]> {
    this.transport.peer.send(typeof text === 'string' ? encodeUtf8(text) : text);
    await this.#clock.settle();
    return this.got();
  }

  /** Sends a frame, and returns the frames since the last call. */
  async send(command: string, headers: Record<string, string> = {}, body: string | Uint8Array = ''): Promise<Got[]> {
    const bytes = typeof body === 'string' ? encodeUtf8(body) : body;
    const version = (this.#decoder.version ?? '1.0') as StompVersion;
    return this.raw(encodeBinaryFrame(command, Object.entries(headers), bytes, version));
  }

  /** Connects, and returns the answer. */
  async connect(headers: Record<string, string> = {}, version: StompVersion = '1.2'): Promise<Got | undefined> {
    const [answer] = await this.send('CONNECT', { 'accept-version': version, host: 'localhost', ...headers });
    if (answer?.command === 'CONNECTED') this.#decoder.version = version;
    return answer;
  }

  /** Returns the frames since the last call. */
  got(): Got[] {
    const units = this.transport.peer.received.slice(this.#readCount);
    this.#readCount += units.length;
    const frames: Got[] = [];
    for (const unit of units) {
      if (unit === '\n') this.beats += 1;
      this.#decoder.push(typeof unit === 'string' ? encodeUtf8(unit) : unit);
      for (let frame = this.#decoder.next(); frame; frame = this.#decoder.next()) frames.push(show(frame));
    }
    this.all.push(...frames);
    return frames;
  }

  get isClosed(): boolean {
    return this.transport.peer.ended !== undefined;
  }
}

function show({ command, headers, body }: StompFrame): Got {
  const bytes = Buffer.from(body);
  return { command, headers: Object.fromEntries(headers), body: bytes.toString(), bytes };
}

/** A server whose clients speak STOMP. */
export class Stage {
  readonly clock: FakeClock;
  readonly io: Server;
  readonly scope: StompScope;
  readonly context: NamespaceContext;
  readonly settings: StompSettings;
  /** The reasons why sockets left the main namespace. */
  readonly left: string[] = [];

  constructor(stomp: StompOptions = {}, options: ServerOptions = {}, clock = new FakeClock()) {
    this.clock = clock;
    this.io = new Server({ random: new SeededRandom(1), ...options, clock });
    const { namespaces, settings } = endpointContextOf(this.io);
    this.context = namespaces.context;
    this.settings = completeStomp(readOptions(stompTable, stomp), settings.maxHttpBufferSize);
    this.scope = StompScope.of(namespaces, this.settings, settings.depthMax);
    this.io.on('connection', (socket: Socket) => {
      socket.on('disconnect', (reason: string) => this.left.push(reason));
    });
  }

  /** Opens a client that has not sent anything. */
  open(): StompTester {
    return new StompTester(this);
  }

  /** Opens a client that is connected. */
  async connect(headers: Record<string, string> = {}, version: StompVersion = '1.2'): Promise<StompTester> {
    const client = this.open();
    await client.connect(headers, version);
    return client;
  }
}
