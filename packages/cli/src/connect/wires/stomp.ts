/** STOMP 1.2 over TCP, TLS or a WebSocket. docs/stomp.md. */

import { connect } from '@naru/net';
import {
  encodeFrame,
  encodeTextFrame,
  SERVER_COMMANDS,
  STOMP_PORTS,
  StompDecoder,
  type StompFrame,
} from '@naru/stomp/protocol';
import { parseEndpoint, UnavailableError } from 'naru/base';
import { decodeValue, encodeValue } from 'naru/protocol';
import { connect as connectWebSocket } from 'naru/websocket';
import { badArgument } from '../../failure.js';
import { Answers } from '../answers.js';
import { reasonOf } from '../reason.js';
import { showBytes } from '../show.js';
import type { Answer, WireClient, WireEvents, WireOpener, WireOptions } from './wire-client.js';

type Headers = Readonly<Record<string, string>>;

const LIMITS = { headersMax: 1_000, headerBytesMax: 1_000_000, bodyBytesMax: 100_000_000 };

/** The destination of acknowledgements. Applications do not use this name. */
const ANSWERS = '/user/queue/naru:answers';

/** The open stream or WebSocket that carries the frames. */
interface Carrier {
  write(text: string): void;
  end(): void;
}

/**
 * Opens a STOMP wire: `stomp://host:port/namespace`, `stomps://`, `stomp+ws://host/stomp#/namespace` or `stomp+wss://`.
 */
export const openStompWire: WireOpener = (url, options, events) => new StompWire(url, options, events);

class StompWire implements WireClient {
  readonly #events: WireEvents;
  readonly #options: WireOptions;
  readonly #decoder = new StompDecoder(LIMITS, SERVER_COMMANDS);
  readonly #ending = new AbortController();
  readonly #receipts = new Answers<undefined>();
  readonly #answers = new Answers<readonly unknown[]>();
  /** The ids of subscriptions by their destinations. */
  readonly #subscriptions = new Map<string, string>();
  #carrier: Carrier | undefined;
  #isIn = false;
  #nextSubscription = 1;
  #isOver = false;

  constructor(url: string, options: WireOptions, events: WireEvents) {
    this.#events = events;
    this.#options = options;
    const opened = /^stomp\+/i.test(url)
      ? this.#openWebSocket(new URL(url.slice('stomp+'.length)))
      : this.#openStream(url);
    opened.catch((error: unknown) => this.#onEnd(reasonOf(error)));
  }

  async emit(event: string, args: readonly unknown[], wantsAnswer: boolean): Promise<readonly unknown[] | undefined> {
    const body = encodeValue(args);
    if (!wantsAnswer) {
      await this.#send(`/app/${event}`, body);
      return undefined;
    }
    await this.join(ANSWERS);
    return this.#answers.ask((id) => {
      const more = { 'reply-to': ANSWERS, 'correlation-id': String(id) };
      this.#send(`/app/${event}`, body, more).catch((error: Error) => this.#answers.reject(id, error.message));
    });
  }

  async join(room: string): Promise<void> {
    const destination = destinationOf(room);
    if (this.#subscriptions.has(destination)) return;
    const id = `sub-${this.#nextSubscription++}`;
    this.#subscriptions.set(destination, id);
    await this.#ask('SUBSCRIBE', { id, destination }).catch((error: Error) => {
      this.#subscriptions.delete(destination);
      throw error;
    });
  }

  async leave(room: string): Promise<void> {
    const destination = destinationOf(room);
    const id = this.#subscriptions.get(destination);
    if (id === undefined) throw badArgument(`there is no subscription to ${room}`);
    this.#subscriptions.delete(destination);
    await this.#ask('UNSUBSCRIBE', { id });
  }

  async publish(room: string, event: string, args: readonly unknown[]): Promise<void> {
    await this.#send(destinationOf(room), encodeValue(args), { event });
  }

  close(): void {
    this.#ending.abort();
    if (this.#isIn && !this.#isOver) this.#write(encodeFrame('DISCONNECT', [], '1.2'));
    this.#onEnd('closed');
  }

  /** Carries the frames over TCP or TLS until the connection closes. */
  async #openStream(url: string): Promise<void> {
    const { scheme, host, port, path } = parseEndpoint(url, {
      schemes: ['stomp', 'stomps'],
      defaultPort: STOMP_PORTS,
      allowsPath: true,
    });
    const endpoint = { scheme: scheme === 'stomps' ? 'tls' : 'tcp', host, port, path: '' };
    const stream = await connect(endpoint, { tls: this.#options.trust, signal: this.#ending.signal });
    // A failed connection rejects the loop below, which reports it.
    const ignore = (): void => undefined;
    this.#enter(host || 'localhost', path, {
      write: (text) => void stream.send(text).catch(ignore),
      end: () => void stream.shutdown().catch(ignore),
    });
    for await (const chunk of stream) this.#onChunk(chunk);
    this.#onEnd('the server closed the connection');
  }

  /** Carries the frames over a WebSocket. The fragment of the address is the namespace. */
  async #openWebSocket(address: URL): Promise<void> {
    const namespace = decodeURIComponent(address.hash.slice(1));
    address.hash = '';
    const { trust } = this.#options;
    const socket = await connectWebSocket(address, { ...trust, signal: this.#ending.signal, protocols: ['v12.stomp'] });
    socket.on('message', (data) => this.#onChunk(typeof data === 'string' ? Buffer.from(data) : data));
    socket.on('close', (code, reason) => this.#onEnd(reason === '' ? `closed with ${code}` : reason));
    socket.on('error', (error) => this.#events.onNote(error.message));
    this.#enter(address.hostname.replace(/^\[|\]$/g, ''), namespace, {
      write: (text) => socket.send(text),
      end: () => socket.close(1000),
    });
  }

  #onChunk(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.#decoder.push(chunk);
    try {
      for (let frame = this.#decoder.next(); frame; frame = this.#decoder.next()) this.#onFrame(frame);
    } catch (error) {
      this.#onEnd(reasonOf(error));
    }
  }

  #onEnd(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#carrier?.end();
    this.#receipts.close(reason);
    this.#answers.close(reason);
    this.#events.onClose(reason, true);
  }

  #enter(host: string, namespace: string, carrier: Carrier): void {
    if (this.#isOver) {
      carrier.end();
      return;
    }
    this.#carrier = carrier;
    const proof = Object.entries(this.#options.auth ?? {}).map(([name, value]) => [name, textOf(value)] as const);
    const headers: (readonly [string, string])[] = [
      ['accept-version', '1.2'],
      ['host', host],
      ['heart-beat', '0,0'],
      ...(namespace === '' ? [] : [['namespace', namespace] as const]),
      ...proof,
    ];
    this.#write(encodeFrame('STOMP', headers, '1.2'));
  }

  #onFrame(frame: StompFrame): void {
    const { command, headers } = frame;
    if (this.#options.showsWire) this.#events.onWire('in', showFrame(frame));
    if (command === 'CONNECTED') {
      this.#decoder.version = '1.2';
      this.#isIn = true;
      this.#events.onOpen(`${headers.get('session') ?? ''} over STOMP ${headers.get('version') ?? '1.0'}`.trim());
    } else if (command === 'RECEIPT') this.#receipts.resolve(headers.get('receipt-id'), undefined);
    else if (command === 'ERROR') this.#onError(frame);
    else this.#onMessage(frame);
  }

  #onError({ headers, body }: StompFrame): void {
    const message = headers.get('message') ?? 'error';
    const text = Buffer.from(body).toString().trim();
    // Most bodies only repeat the message.
    const refusal = text === '' || text.startsWith(message) ? message : `${message}: ${text}`;
    if (!this.#receipts.reject(headers.get('receipt-id'), refusal)) this.#events.onNote(refusal);
  }

  #onMessage({ headers, body }: StompFrame): void {
    const args = argumentsOf(headers.get('content-type') ?? '', body);
    // The server sets the subscription. The correlation-id alone is not enough, because anybody can set one on a
    // message to a room.
    const isAnswer = headers.get('subscription') === this.#subscriptions.get(ANSWERS);
    if (isAnswer && this.#answers.resolve(headers.get('correlation-id'), args)) return;
    const replyTo = headers.get('reply-to');
    const answer: Answer | undefined =
      replyTo === undefined
        ? undefined
        : (...given) => {
            this.#send(replyTo, encodeValue(given)).catch((error: Error) => this.#events.onNote(error.message));
          };
    const room = roomOf(headers.get('destination') ?? '');
    this.#events.onEvent(headers.get('event') ?? 'message', args, room, answer);
  }

  #send(destination: string, body: string, more: Headers = {}): Promise<void> {
    return this.#ask('SEND', { destination, 'content-type': 'application/json', ...more }, body);
  }

  async #ask(command: string, headers: Headers, body?: string): Promise<void> {
    await this.#receipts.ask((id) => {
      const entries = Object.entries({ ...headers, receipt: String(id) });
      const isBare = body === undefined;
      this.#write(isBare ? encodeFrame(command, entries, '1.2') : encodeTextFrame(command, entries, body, '1.2'));
    });
  }

  #write(text: string): void {
    if (!this.#carrier || this.#isOver) throw new UnavailableError('DISCONNECTED', 'not connected');
    if (this.#options.showsWire) this.#events.onWire('out', text.replace(/\0$/, '').trimEnd());
    this.#carrier.write(text);
  }
}

/** Returns the destination of a room: a topic, or the text itself when it begins with a slash. */
function destinationOf(room: string): string {
  return room.startsWith('/') ? room : `/topic/${room}`;
}

/** Returns the room of a destination to show to the user; `undefined` for a message to this client alone. */
function roomOf(destination: string): string | undefined {
  if (destination === '' || destination.startsWith('/user/')) return undefined;
  return destination.startsWith('/topic/') ? destination.slice('/topic/'.length) : destination;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : encodeValue(value);
}

function argumentsOf(type: string, body: Uint8Array): readonly unknown[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  if (!type.startsWith('application/json')) return [type.startsWith('text/') ? text : body];
  try {
    const value = decodeValue(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    // The content type says JSON, but the body is not.
    return [text];
  }
}

function showFrame({ command, headers, body }: StompFrame): string {
  const lines = [command, ...[...headers].map(([name, value]) => `${name}:${value}`)];
  const type = headers.get('content-type') ?? 'text/plain';
  const isText = type.startsWith('text/') || type.startsWith('application/json');
  if (body.byteLength > 0) lines.push('', isText ? Buffer.from(body).toString() : showBytes(body));
  return lines.join('\n');
}
