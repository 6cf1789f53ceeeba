/** A server with plain events on a port of its own, and clients without a library. */
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { EventStreamDecoder, type ReceivedEvent } from '../../../packages/naru/src/protocol/event-stream/decoder.js';
import type { Socket } from '../../../packages/naru/src/server/api/index.js';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { Server } from '../../../packages/naru/src/server/api/server.js';

export interface Stage {
  readonly io: Server;
  readonly http: HttpServer;
  readonly port: number;
  readonly url: string;
}

/** Opens a server whose clients may do everything, unless the test sets other permissions. */
export async function openStage(options: ServerOptions = {}): Promise<Stage> {
  const http = createServer((_request, response) => response.writeHead(404).end('elsewhere'));
  const io = new Server(http, { events: true, ...options });
  io.sockets.allow({ subscribe: true, publish: true });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await io.close();
  });
  const { port } = http.address() as AddressInfo;
  return { io, http, port, url: `http://127.0.0.1:${port}` };
}

/** Resolves with the next socket that connects. */
export function nextSocket(io: Server, namespace = '/'): Promise<Socket> {
  return new Promise((resolve) => io.of(namespace).once('connection', resolve));
}

/** Data that arrives in pieces and can be awaited. */
export class Inbox<T> {
  readonly items: T[] = [];
  #isOver = false;
  #wake: (() => void)[] = [];

  add(...items: T[]): void {
    this.items.push(...items);
    this.#notify();
  }

  end(): void {
    this.#isOver = true;
    this.#notify();
  }

  async until(count: number): Promise<T[]> {
    while (this.items.length < count) {
      if (this.#isOver)
        throw new RangeError(`it ended with ${this.items.length} of ${count}: ${JSON.stringify(this.items)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.items.slice(0, count);
  }

  async ended(): Promise<T[]> {
    while (!this.#isOver) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.items;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

export interface Stream {
  readonly response: Response;
  readonly events: Inbox<ReceivedEvent>;
  readonly text: () => string;
  close(): void;
}

/** Opens an event stream, or another answer that the headers ask for. */
export async function openStream(url: string, headers: Record<string, string> = {}): Promise<Stream> {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const response = await fetch(url, { headers, signal: ending.signal });
  const events = new Inbox<ReceivedEvent>();
  let text = '';
  const read = async (): Promise<void> => {
    const decoder = new EventStreamDecoder();
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      events.add(...decoder.add(chunk));
    }
  };
  read().then(
    () => events.end(),
    () => events.end(),
  );
  return { response, events, text: () => text, close: () => ending.abort() };
}

/** Shortens an event to its name and data. */
export function said({ event, data }: ReceivedEvent): [string, unknown] {
  return [event, JSON.parse(data)];
}

export interface Posted {
  readonly status: number;
  readonly body: { published?: number; error?: { code: string; message: string; room?: string; data?: unknown } };
}

/** Publishes an event. Without a type the body is JSON. */
export async function post(
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Posted> {
  const response = await fetch(url, {
    method: 'POST',
    body: body as BodyInit,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: response.status, body: (await response.json()) as Posted['body'] };
}

export interface Texts {
  readonly socket: WebSocket;
  readonly inbox: Inbox<Record<string, unknown>>;
  readonly closed: Promise<[code: number, reason: string]>;
  say(message: unknown): void;
}

/** Opens a plain WebSocket. A refusal rejects with the status of the answer. */
export async function openTexts(url: string, options: WebSocket.ClientOptions = {}): Promise<Texts> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), options);
  onTestFinished(() => socket.terminate());
  const inbox = new Inbox<Record<string, unknown>>();
  socket.on('message', (data) => inbox.add(JSON.parse(String(data)) as Record<string, unknown>));
  const closed = new Promise<[number, string]>((resolve) => {
    socket.on('close', (code, reason) => {
      inbox.end();
      resolve([code, String(reason)]);
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => reject(new RangeError(`${response.statusCode} ${body.trim()}`)));
    });
  });
  return { socket, inbox, closed, say: (message) => socket.send(JSON.stringify(message)) };
}

export interface RawConnection {
  readonly socket: NetSocket;
  readonly inbox: Inbox<string>;
  text(): string;
  until(part: string): Promise<string>;
}

/** Opens a bare connection, which sends exactly the given bytes. */
export async function openRaw(port: number, bytes: string): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  const inbox = new Inbox<string>();
  socket.on('data', (chunk) => inbox.add(chunk.toString()));
  socket.on('error', () => inbox.end());
  socket.on('close', () => inbox.end());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(bytes);
  const text = (): string => inbox.items.join('');
  return {
    socket,
    inbox,
    text,
    until: async (part) => {
      while (!text().includes(part)) await inbox.until(inbox.items.length + 1);
      return text();
    },
  };
}
