/** STOMP 1.2 over TCP, TLS or a WebSocket. docs/stomp.md. */
import { Buffer } from 'node:buffer';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { parseEndpoint } from '../../base/endpoint.js';
import { ConfigError, UnavailableError } from '../../base/errors.js';
import { decodeValue, encodeValue } from '../../protocol/json-event/message.js';
import { StompDecoder } from '../../protocol/stomp/decoder.js';
import { encodeFrame, encodeTextFrame, SERVER_COMMANDS, type StompFrame } from '../../protocol/stomp/frame.js';
import { connect as connectWebSocket } from '../../transport/websocket/door.js';
import type { Road, RoadEvents, RoadOptions } from './road.js';

const LIMITS = { headersMax: 1_000, headerBytesMax: 1_000_000, bodyBytesMax: 100_000_000 };

/** What carries the frames. */
interface Carrier {
  write(text: string): void;
  end(): void;
}

/** Opens it: `stomp://host:port`, `stomps://host:port`, `stomp+ws://host/stomp` or `stomp+wss://host/stomp`. */
export function openStompRoad(url: string, { auth, showsWire }: RoadOptions, events: RoadEvents): Road {
  return new StompRoad(url, auth, showsWire, events);
}

class StompRoad implements Road {
  readonly #events: RoadEvents;
  readonly #showsWire: boolean;
  readonly #decoder = new StompDecoder(LIMITS, SERVER_COMMANDS);
  readonly #rooms = new Map<string, string>();
  readonly #receipts = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  #carrier: Carrier | undefined;
  #nextId = 1;
  #isOver = false;

  constructor(url: string, auth: Record<string, unknown> | undefined, showsWire: boolean, events: RoadEvents) {
    this.#events = events;
    this.#showsWire = showsWire;
    const login = Object.entries(auth ?? {}).map(([name, value]) => [name, String(value)] as const);
    this.#dial(url).then(
      (host) => {
        const headers = [['accept-version', '1.2'], ['host', host], ['heart-beat', '0,0'], ...login] as const;
        this.#write(encodeFrame('STOMP', headers, '1.2'));
      },
      (error: Error) => this.#end(error.message),
    );
  }

  emit(event: string, args: readonly unknown[], wantsAnswer: boolean): Promise<undefined> {
    if (wantsAnswer)
      return Promise.reject(new ConfigError('BAD_ARGUMENT', 'subscribe to the answers by /join /user/queue/<event>'));
    return this.#send(`/app/${event}`, [], args);
  }

  join(room: string): Promise<void> {
    const destination = room.startsWith('/') ? room : `/topic/${room}`;
    if (this.#rooms.has(destination)) return Promise.resolve();
    const id = `sub-${this.#nextId++}`;
    this.#rooms.set(destination, id);
    return this.#ask('SUBSCRIBE', [
      ['id', id],
      ['destination', destination],
    ]);
  }

  leave(room: string): Promise<void> {
    const destination = room.startsWith('/') ? room : `/topic/${room}`;
    const id = this.#rooms.get(destination);
    if (id === undefined) return Promise.reject(new ConfigError('BAD_ARGUMENT', `not in ${room}`));
    this.#rooms.delete(destination);
    return this.#ask('UNSUBSCRIBE', [['id', id]]);
  }

  async publish(room: string, event: string, args: readonly unknown[]): Promise<void> {
    await this.#send(room.startsWith('/') ? room : `/topic/${room}`, [['event', event]], args);
  }

  close(): void {
    if (this.#carrier) this.#write(encodeFrame('DISCONNECT', [], '1.2'));
    this.#end('closed');
  }

  async #dial(url: string): Promise<string> {
    if (/^stomp\+wss?:/.test(url)) {
      const address = new URL(url.replace(/^stomp\+/, ''));
      const socket = await connectWebSocket(address, { protocols: ['v12.stomp'] });
      socket.on('message', (data) => this.#onChunk(typeof data === 'string' ? Buffer.from(data) : data));
      socket.on('close', (code, reason) => this.#end(reason === '' ? `closed with ${code}` : reason));
      socket.on('error', (error) => this.#events.onNote(error.message));
      this.#carrier = { write: (text) => socket.send(text), end: () => socket.close(1000) };
      return address.hostname;
    }
    const endpoint = parseEndpoint(url, {
      schemes: ['stomp', 'stomps'],
      defaultPort: { stomp: 61_613, stomps: 61_614 },
    });
    const { host = '', port } = { ...endpoint, host: endpoint.host === '' ? 'localhost' : endpoint.host };
    const socket =
      endpoint.scheme === 'stomps' ? tls.connect({ host, port, servername: host }) : net.connect({ host, port });
    await new Promise<void>((resolve, reject) => {
      socket.once(endpoint.scheme === 'stomps' ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', (error) => this.#end(error.message));
    socket.on('data', (chunk) => this.#onChunk(chunk));
    socket.on('close', () => this.#end('the server closed the connection'));
    this.#carrier = { write: (text) => socket.write(text), end: () => socket.end() };
    return host;
  }

  #onChunk(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
    try {
      for (let frame = this.#decoder.next(); frame; frame = this.#decoder.next()) this.#onFrame(frame);
    } catch (error) {
      this.#end((error as Error).message);
    }
  }

  #onFrame(frame: StompFrame): void {
    const { command, headers } = frame;
    const body = Buffer.from(frame.body).toString();
    if (this.#showsWire) {
      const lines = [...headers].map(([name, value]) => `${name}:${value}`);
      this.#events.onWire('in', [command, ...lines, ...(body === '' ? [] : ['', body])].join('\n'));
    }
    if (command === 'CONNECTED') {
      this.#decoder.version = '1.2';
      this.#events.onOpen(`${headers.get('session') ?? ''} over STOMP ${headers.get('version') ?? '1.0'}`.trim());
    } else if (command === 'RECEIPT') {
      this.#receipts.get(headers.get('receipt-id') ?? '')?.resolve();
    } else if (command === 'ERROR') {
      const message = [headers.get('message') ?? 'error', body].filter((part) => part !== '').join(': ');
      this.#receipts.get(headers.get('receipt-id') ?? '')?.reject(new UnavailableError('REFUSED', message));
      this.#events.onNote(message);
    } else {
      this.#onMessage(frame, body);
    }
  }

  #onMessage({ headers, body }: StompFrame, text: string): void {
    const type = headers.get('content-type') ?? '';
    const destination = headers.get('destination') ?? '';
    const room = destination.startsWith('/topic/') ? destination.slice('/topic/'.length) : destination;
    const value = type.startsWith('application/json') ? decodeValue(text) : type.startsWith('text/') ? text : body;
    this.#events.onEvent(headers.get('event') ?? 'message', Array.isArray(value) ? value : [value], room, undefined);
  }

  #send(
    destination: string,
    more: readonly (readonly [string, string])[],
    args: readonly unknown[],
  ): Promise<undefined> {
    const headers = [['destination', destination], ['content-type', 'application/json'], ...more] as const;
    return this.#expect((receipt) =>
      encodeTextFrame('SEND', [...headers, ['receipt', receipt]], encodeValue(args), '1.2'),
    );
  }

  async #ask(command: string, headers: readonly (readonly [string, string])[]): Promise<void> {
    await this.#expect((receipt) => encodeFrame(command, [...headers, ['receipt', receipt]], '1.2'));
  }

  #expect(make: (receipt: string) => string): Promise<undefined> {
    const receipt = `receipt-${this.#nextId++}`;
    return new Promise((resolve, reject) => {
      this.#receipts.set(receipt, { resolve: () => resolve(undefined), reject });
      try {
        this.#write(make(receipt));
      } catch (error) {
        reject(error as Error);
      }
    }).finally(() => this.#receipts.delete(receipt)) as Promise<undefined>;
  }

  #write(text: string): void {
    if (!this.#carrier || this.#isOver) throw new UnavailableError('DISCONNECTED', 'not connected');
    if (this.#showsWire) this.#events.onWire('out', text.replace(/\0$/, '').trimEnd());
    this.#carrier.write(text);
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#carrier?.end();
    for (const { reject } of this.#receipts.values()) reject(new UnavailableError('DISCONNECTED', reason));
    this.#events.onClose(reason, true);
  }
}
