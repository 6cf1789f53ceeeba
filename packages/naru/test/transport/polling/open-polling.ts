/** A polling transport on a real HTTP server, with a handler that records its calls. */
import { Buffer } from 'node:buffer';
import http, { type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { waitsOf } from '../../../src/base/deadlines.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { EncodedPacket, type EngineProtocol, type Unit } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import type { PollingSettings } from '../../../src/transport/polling/settings.js';
import { type PollingRequest, PollingTransport } from '../../../src/transport/polling/transport.js';
import type { TransportHandler } from '../../../src/transport/transport.js';

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** Options of a test. */
export interface OpenOptions extends Partial<PollingSettings> {
  readonly protocol?: EngineProtocol;
  readonly query?: Record<string, string>;
  readonly onData?: (unit: Unit, transport: PollingTransport) => void;
}

/** A transport as a test sees it. */
export class PollingBench {
  readonly clock = new FakeClock();
  readonly transport: PollingTransport;
  readonly units: (string | number[])[] = [];
  /** `writable`, and `close` with the text of the error. */
  readonly events: string[] = [];
  closeError: Error | undefined = undefined;
  readonly server: http.Server;
  readonly agent = new http.Agent({ keepAlive: true });
  #openCount = 0;
  readonly #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  constructor(options: OpenOptions = {}) {
    const { protocol = 4, query = {}, onData, ...bounds } = options;
    const settings: PollingSettings = {
      bodyBytesMax: 1_000,
      packetsMax: 10,
      bufferedBytesMax: 64_000_000,
      bodyDeadlines: waitsOf(this.clock, 5_000),
      closeDeadlines: waitsOf(this.clock, 30_000),
      compressionThreshold: 1_024,
      clock: this.clock,
      addHeaders: () => undefined,
      nodeInternals: nodeInternalsFor(true),
      ...bounds,
    };
    const handler: TransportHandler = {
      onData: (transport, unit) => {
        this.units.push(typeof unit === 'string' ? unit : [...unit]);
        onData?.(unit, transport as PollingTransport);
        this.#look();
      },
      onWritable: () => this.#note('writable'),
      onClose: (_transport, error) => {
        this.closeError = error;
        this.#note(error ? `close: ${error.message}` : 'close');
      },
    };
    this.transport = new PollingTransport(
      settings,
      protocol,
      handler,
      { _query: query } as unknown as PollingRequest,
      'SID',
    );
    this.server = http.createServer((request, response) => {
      this.#openCount += 1;
      this.transport.onRequest(request, response);
      response.on('close', () => {
        this.#openCount -= 1;
        this.#look();
      });
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The number of responses that are not closed. */
  get openCount(): number {
    return this.#openCount;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    // Responses report their close only after the server has.
    await this.until(() => this.#openCount === 0);
  }

  /** Resolves when `isMet` returns true. It is called at each event of the transport. */
  until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ isMet, resolve });
      this.#look();
    });
  }

  send(...units: Unit[]): void {
    let list: PacketList | undefined;
    for (const unit of units) {
      const packet = new EncodedPacket(unit);
      list = list ? list.append(packet) : PacketList.of(packet);
    }
    if (list) this.transport.send(list);
  }

  /** Starts a request. `answer` rejects when the connection ends without one. */
  request(
    method: string,
    body?: string | Uint8Array,
    headers: Record<string, string | number> = {},
  ): { request: http.ClientRequest; answer: Promise<Answer> } {
    const request = http.request({ port: this.port, host: '127.0.0.1', method, agent: this.agent, headers, path: '/' });
    const answer = new Promise<Answer>((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('error', reject);
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const whole = Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, text: whole.toString() });
        });
      });
    });
    if (body === undefined) request.end();
    else request.end(body);
    return { request, answer };
  }

  /** Starts a GET, and waits until it is waiting. */
  async poll(headers: Record<string, string> = {}): Promise<Promise<Answer>[]> {
    const before = this.events.length;
    const { answer } = this.request('GET', undefined, headers);
    await this.until(() => this.events.length > before);
    return [answer];
  }

  post(body: string | Uint8Array, headers: Record<string, string | number> = {}): Promise<Answer> {
    return this.request('POST', body, { 'Content-Type': 'text/plain;charset=UTF-8', ...headers }).answer;
  }

  /** Starts a GET on a connection of its own, of which the client does not read. Waits until the GET is waiting. */
  async pollUnread(): Promise<Socket> {
    const before = this.events.length;
    const socket = (await this.connect()).pause();
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: naru\r\nConnection: close\r\n\r\n');
    await this.until(() => this.events.length > before);
    return socket;
  }

  /** Opens a bare connection. */
  async connect(): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    return socket;
  }

  #note(event: string): void {
    this.events.push(event);
    this.#look();
  }

  #look(): void {
    for (const waiting of [...this.#waiting]) {
      if (!waiting.isMet()) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve();
    }
  }
}

/** Returns all data of a connection until the other side ends it. */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}
