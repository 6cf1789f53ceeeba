/** Clients of all wires whose tokens end: some renew them, and some do not. */
import { connect as dial } from 'node:net';
import { createInterface } from 'node:readline';
import { Client } from '@stomp/stompjs';
import { io as stock } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { io } from '../../../packages/naru/src/client/index.js';
import { udp } from '../../../packages/udp/src/client/udp-wire.js';

/** The addresses of the server. */
export interface Addresses {
  readonly http: string;
  readonly tcp: string;
  readonly udp: string;
}

/** A client, as the test sees it. */
export interface Person {
  readonly name: string;
  /** The numbers of the events that it got. */
  readonly ticks: number[];
  /** Why it was ended, as the server told it. */
  reason: string | undefined;
  isEnded: boolean;
}

/** Makes a client. `token` gives a new token each time, and a client that does not renew uses the first. */
type Open = (person: Person, at: Addresses, token: () => string, renews: boolean) => void;

const ends =
  (person: Person): (() => void) =>
  () => {
    person.isEnded = true;
  };

/** A client of Naru or of Socket.IO. A stock client listens to `naru:renew` itself. */
function engine(kind: 'ours' | 'stock', address: (at: Addresses) => string, options: object): Open {
  return (person, at, token, renews) => {
    const first = token();
    const auth =
      kind === 'ours' && renews ? (give: (data: object) => void) => give({ token: token() }) : { token: first };
    const given = { forceNew: true, reconnection: false, auth, ...options };
    const socket = kind === 'ours' ? io(address(at), given) : stock(address(at), given);
    onTestFinished(() => void socket.disconnect());
    socket.on('tick', (number: number) => person.ticks.push(number));
    socket.on('naru:ended', (why: { code: string }) => {
      person.reason = why.code;
    });
    socket.on('disconnect', ends(person));
    socket.on('connect_error', (error: Error) => {
      person.reason = error.message;
      person.isEnded = true;
    });
    if (kind === 'stock' && renews) socket.on('naru:renew', () => void socket.emit('naru:token', token()));
  };
}

const stomp: Open = (person, { http }, token, renews) => {
  const client = new Client({
    brokerURL: `${http.replace('http', 'ws')}/stomp`,
    webSocketFactory: () => new WebSocket(`${http.replace('http', 'ws')}/stomp`, 'v12.stomp') as never,
    connectHeaders: { host: '/', passcode: token() },
    reconnectDelay: 0,
    onConnect: () => {
      client.subscribe('/user/queue/tick', ({ body }) => {
        person.ticks.push(Number(/\d+/.exec(body)));
      });
      if (!renews) return;
      client.subscribe('/user/queue/naru:renew', () =>
        client.publish({ destination: '/app/naru:token', body: token(), headers: { 'content-type': 'text/plain' } }),
      );
    },
    onStompError: ({ headers }) => {
      person.reason = headers.code;
    },
    onWebSocketClose: ends(person),
  });
  client.activate();
  onTestFinished(() => client.deactivate({ force: true }));
};

/** A person with `nc`. */
const line: Open = (person, { tcp }, token, renews) => {
  const { hostname, port } = new URL(tcp.replace('tcp', 'http'));
  const socket = dial(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(`/json\n/auth {"token": ${JSON.stringify(token())}}\n`);
  socket.on('close', ends(person));
  createInterface({ input: socket }).on('line', (text) => {
    const {
      event,
      args = [],
      error,
    } = JSON.parse(text.slice(text.indexOf('{'))) as {
      event?: string;
      args?: unknown[];
      error?: unknown;
    };
    if (event === 'tick') person.ticks.push(Number(args[0]));
    if (event === 'naru:ended') person.reason = (args[0] as { code: string }).code;
    if (event === 'naru:renew' && renews) socket.write(`naru:token ${JSON.stringify(token())}\n`);
    if (error !== undefined) person.reason ??= JSON.stringify(error);
  });
};

/** A plain WebSocket for events. */
const events: Open = (person, { http }, token, renews) => {
  const socket = new WebSocket(`${http.replace('http', 'ws')}/events/?token=${encodeURIComponent(token())}`);
  onTestFinished(() => socket.terminate());
  socket.on('close', ends(person));
  socket.on('message', (data) => {
    const { event, args = [] } = JSON.parse(`${data}`) as { event?: string; args?: unknown[] };
    if (event === 'tick') person.ticks.push(Number(args[0]));
    if (event === 'naru:ended') person.reason = (args[0] as { code: string }).code;
    if (event === 'naru:renew' && renews) socket.send(JSON.stringify({ event: 'naru:token', args: [token()] }));
  });
};

/** A stream of events. It is renewed by the next request, which goes on after the last event. */
const stream: Open = (person, { http }, token, renews) => {
  let last = '';
  const read = async (): Promise<void> => {
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    const headers = { authorization: `Bearer ${token()}`, ...(last === '' ? {} : { 'last-event-id': last }) };
    const response = await fetch(`${http}/events/?format=sse`, { headers, signal: leaving.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string): string => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? '';
        if (field('id') !== '') last = field('id');
        if (field('event') === 'tick') person.ticks.push(Number(JSON.parse(field('data'))));
        if (field('event') === 'naru:ended') person.reason = (JSON.parse(field('data')) as [{ code: string }])[0].code;
        if (field('event') === 'naru:renew' && renews) {
          await reader?.cancel();
          return read();
        }
      }
    }
    person.isEnded = true;
    return undefined;
  };
  read().catch((error: unknown) => {
    person.reason ??= `${error}`;
    person.isEnded = true;
  });
};

const web = ({ http }: Addresses): string => http;
const chat = ({ http }: Addresses): string => `${http}/chat`;

/** The ways to be a client, by name. */
export const WAYS: Readonly<Record<string, Open>> = {
  'ours, websocket': engine('ours', web, { transports: ['websocket'] }),
  'ours, polling, in /chat': engine('ours', chat, { transports: ['polling'] }),
  'ours, HTTP streaming': engine('ours', web, { transports: ['sse'] }),
  'ours, TCP': engine('ours', ({ tcp }) => tcp, {}),
  'ours, UDP, in /chat': engine('ours', (at) => `${at.udp}/chat`, { wires: [udp()] }),
  'stock, websocket, in /chat': engine('stock', chat, { transports: ['websocket'] }),
  'stock, polling': engine('stock', web, { transports: ['polling'] }),
  STOMP: stomp,
  'a line': line,
  'plain events, WebSocket': events,
  'plain events, stream': stream,
};
