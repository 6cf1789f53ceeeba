/** Plain events: a WebSocket that carries the JSON of events, or an event stream down with POST up. docs/events.md. */
import { ConfigError, UnavailableError } from '../../base/errors.js';
import { EventStreamDecoder } from '../../protocol/event-stream/decoder.js';
import {
  decodeMessage,
  decodeValue,
  encodeAckMessage,
  encodeEventMessage,
  encodeValue,
  type JsonMessage,
} from '../../protocol/json-event/message.js';
import { connect } from '../../transport/websocket/door.js';
import type { Connection } from '../../transport/websocket/public-connection.js';
import type { Road, RoadEvents, RoadOptions } from './road.js';
import { showBytes } from './show.js';

/** Opens it over a WebSocket: `ws://host/events/<room>`. */
export function openEventsSocket(url: string, { auth, showsWire }: RoadOptions, events: RoadEvents): Road {
  const waiting = new Map<number, (args: readonly unknown[]) => void>();
  let connection: Connection | undefined;
  let nextId = 1;
  const send = (text: string): void => {
    if (!connection) throw new UnavailableError('DISCONNECTED', 'not connected');
    if (showsWire) events.onWire('out', text);
    connection.send(text);
  };
  const onMessage = (message: JsonMessage): void => {
    if (message.type === 'ack') {
      const resolve = waiting.get(message.id);
      waiting.delete(message.id);
      resolve?.(message.args);
    } else if (message.type === 'event') {
      const { event, args, room, id } = message;
      const answer = id === undefined ? undefined : (...given: unknown[]) => send(encodeAckMessage(id, given));
      events.onEvent(event, args, room, answer);
    }
  };
  connect(url, { headers: authorization(auth) }).then(
    (opened) => {
      connection = opened;
      events.onOpen('over websocket');
      opened.on('message', (data) => {
        if (typeof data !== 'string') {
          if (showsWire) events.onWire('in', showBytes(data));
          events.onEvent('message', [data], undefined, undefined);
          return;
        }
        if (showsWire) events.onWire('in', data);
        readText(data, onMessage, events);
      });
      opened.on('error', (error) => events.onNote(error.message));
      opened.on('close', (code, reason) => events.onClose(`${code}${reason === '' ? '' : ` ${reason}`}`, true));
    },
    (error: Error) => events.onClose(error.message, true),
  );
  return {
    emit: async (event, args, wantsAnswer) => {
      const id = wantsAnswer ? nextId++ : undefined;
      send(encodeEventMessage(event, encodeValue(args), { id }));
      return id === undefined ? undefined : new Promise((resolve) => waiting.set(id, resolve));
    },
    join: async (room) => send(JSON.stringify({ join: room })),
    leave: async (room) => send(JSON.stringify({ leave: room })),
    publish: async (room, event, args) => send(encodeEventMessage(event, encodeValue(args), { room })),
    close: () => (connection ? connection.close(1000) : events.onClose('closed', true)),
  };
}

/** Opens it as an event stream: `http://host/events/<room>`. What is sent goes to that address by POST. */
export function openEventStream(url: string, { auth, showsWire }: RoadOptions, events: RoadEvents): Road {
  const ending = new AbortController();
  const headers = authorization(auth);
  const read = async (): Promise<void> => {
    const response = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal: ending.signal });
    if (!response.ok || !response.body) {
      events.onClose(`the server answered ${response.status}: ${(await response.text()).trim()}`, true);
      return;
    }
    events.onOpen('over an event stream');
    const decoder = new EventStreamDecoder();
    for await (const chunk of response.body) {
      if (showsWire) events.onWire('in', Buffer.from(chunk).toString());
      for (const { event, data } of decoder.add(chunk)) {
        const value = decodeValue(data);
        events.onEvent(event, Array.isArray(value) ? value : [value], undefined, undefined);
      }
    }
    events.onClose('the stream has ended', true);
  };
  read().catch((error: Error) => events.onClose(ending.signal.aborted ? 'closed' : reasonOf(error), true));
  const post = async (body: string, address: string): Promise<undefined> => {
    if (showsWire) events.onWire('out', body);
    const response = await fetch(address, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      signal: ending.signal,
    });
    const text = (await response.text()).trim();
    if (!response.ok) throw new UnavailableError('REFUSED', `the server answered ${response.status}: ${text}`);
    return undefined;
  };
  const cannot = (): Promise<never> =>
    Promise.reject(new ConfigError('BAD_ARGUMENT', 'an event stream has the rooms of its address; name others there'));
  return {
    emit: (event, args, wantsAnswer) =>
      wantsAnswer
        ? Promise.reject(new ConfigError('BAD_ARGUMENT', 'there are no acknowledgements on an event stream'))
        : post(encodeEventMessage(event, encodeValue(args)), url),
    join: cannot,
    leave: cannot,
    publish: (room, event, args) =>
      post(encodeEventMessage(event, encodeValue(args)), new URL(`./${encodeURIComponent(room)}`, url).href),
    close: () => ending.abort(),
  };
}

function readText(text: string, onMessage: (message: JsonMessage) => void, events: RoadEvents): void {
  let message: JsonMessage | undefined;
  try {
    message = decodeMessage(text);
  } catch {
    // An error of the server's, or a word that a newer one says: a person can read it.
    events.onNote(text);
  }
  if (message) onMessage(message);
}

/** The header that stands for `--auth`: a token as it is for `{"token":...}`, Basic for a login, and JSON in base64 otherwise. */
function authorization(auth: Record<string, unknown> | undefined): Record<string, string> {
  if (!auth) return {};
  const { token, login, passcode } = auth;
  if (typeof token === 'string') return { authorization: `Bearer ${token}` };
  if (typeof login === 'string')
    return { authorization: `Basic ${Buffer.from(`${login}:${String(passcode ?? '')}`).toString('base64')}` };
  throw new ConfigError('BAD_ARGUMENT', 'here --auth takes {"token":"..."} or {"login":"...","passcode":"..."}');
}

function reasonOf(error: Error & { cause?: unknown }): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
