/** Plain events over HTTP: received as an event stream, sent by POST. `http://host/events/<room>`. docs/events.md. */
import * as http from 'node:http';
import * as https from 'node:https';
import { UnavailableError } from 'naru/base';
import { decodeValue, EventStreamDecoder, encodeEventMessage, encodeValue } from 'naru/protocol';
import { badArgument } from '../../failure.js';
import { authorize } from '../authorization.js';
import { reasonOf, refusalOf } from '../reason.js';
import { readShown } from '../shown-message.js';
import type { WireClient, WireEvents, WireOpener, WireOptions } from './wire-client.js';

/** The most bytes that are read of an answer. */
const ANSWER_BYTES_MAX = 100_000;

/** Opens the wire of an event stream. */
export const openEventsStream: WireOpener = (url, options, events) => new EventsStreamWire(url, options, events);

class EventsStreamWire implements WireClient {
  readonly #address: URL;
  readonly #headers: Record<string, string>;
  readonly #options: WireOptions;
  readonly #events: WireEvents;
  readonly #ending = new AbortController();
  /**
   * Settles with the newest POST. The next one waits for it, so events arrive in the order in which they were typed.
   */
  #newest: Promise<unknown> = Promise.resolve();

  constructor(url: string, options: WireOptions, events: WireEvents) {
    const { address, headers } = authorize(url, options.auth);
    this.#address = address;
    this.#headers = headers;
    this.#options = options;
    this.#events = events;
    this.#read().then(
      (reason) => events.onClose(reason, true),
      (error: unknown) => events.onClose(this.#ending.signal.aborted ? 'closed' : reasonOf(error), true),
    );
  }

  async emit(event: string, args: readonly unknown[], wantsAnswer: boolean): Promise<undefined> {
    if (wantsAnswer) throw badArgument('an event stream has no acknowledgements');
    return this.#post(new URL(this.#address), event, args);
  }

  async join(): Promise<void> {
    throw badArgument('an event stream has only the rooms in its address; name others there');
  }

  leave(): Promise<void> {
    return this.join();
  }

  publish(room: string, event: string, args: readonly unknown[]): Promise<void> {
    const address = new URL(`./${encodeURIComponent(room)}`, this.#address);
    address.search = this.#address.search;
    return this.#post(address, event, args);
  }

  close(): void {
    this.#ending.abort();
  }

  async #read(): Promise<string> {
    const address = new URL(this.#address);
    // In this form the data of each event contains its name and room.
    address.searchParams.set('form', 'message');
    if (this.#options.showsWire) this.#events.onWire('out', `GET ${address.pathname}`);
    const response = await this.#request(address, 'GET', { accept: 'text/event-stream' });
    if (response.statusCode !== 200) return refusal(response, await readBody(response));
    this.#events.onOpen('over an event stream');
    const decoder = new EventStreamDecoder();
    for await (const chunk of response as AsyncIterable<Buffer>) {
      // A chunk with only a line break ends an event that was already shown.
      const text = chunk.toString();
      if (this.#options.showsWire && text.trim() !== '') this.#events.onWire('in', text);
      for (const { event, data } of decoder.add(chunk)) this.#onData(event, data);
    }
    return 'the stream has ended';
  }

  #onData(type: string, data: string): void {
    let event = type;
    let args: readonly unknown[] = [data];
    let room: string | undefined;
    try {
      const value = decodeValue(data);
      args = [value];
      const message = readShown(value);
      if (message?.type === 'event') ({ event, args, room } = message);
    } catch {
      // Another kind of server may send other text, which is shown unchanged.
    }
    this.#events.onEvent(event, args, room, undefined);
  }

  #post(address: URL, event: string, args: readonly unknown[]): Promise<undefined> {
    const body = encodeEventMessage(event, encodeValue(args));
    address.searchParams.delete('room');
    const posted = this.#newest.then(async () => {
      if (this.#options.showsWire) this.#events.onWire('out', `POST ${address.pathname} ${body}`);
      const response = await this.#request(address, 'POST', { 'content-type': 'application/json' }, body);
      const text = await readBody(response);
      if (this.#options.showsWire) this.#events.onWire('in', `${response.statusCode} ${text}`);
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) throw new UnavailableError('REFUSED', refusal(response, text));
      return undefined;
    });
    this.#newest = posted.catch(() => undefined);
    return posted;
  }

  #request(
    address: URL,
    method: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<http.IncomingMessage> {
    const { request } = address.protocol === 'https:' ? https : http;
    const { signal } = this.#ending;
    const settings = { method, headers: { ...this.#headers, ...headers }, signal, agent: false as const };
    return new Promise((resolve, reject) => {
      request(address, { ...this.#options.trust, ...settings }, resolve)
        .on('error', reject)
        .end(body);
    });
  }
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).toString();
}

function refusal({ statusCode = 0, headers }: http.IncomingMessage, body: string): string {
  return refusalOf(statusCode, headers.location ?? body);
}
