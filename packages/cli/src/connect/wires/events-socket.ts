/** Plain events as JSON over a WebSocket: `ws://host/events/<room>`. docs/events.md. */
import { isNaruError, UnavailableError } from 'naru/base';
import { decodeValue, encodeAckMessage, encodeEventMessage, encodeValue, type JsonMessage } from 'naru/protocol';
import type { Connection } from 'naru/websocket';
import { connect, type UpgradeRefusedError } from 'naru/websocket';
import { Answers } from '../answers.js';
import { authorize } from '../authorization.js';
import { errorIn, reasonOf, refusalOf } from '../reason.js';
import { showBytes } from '../show.js';
import { readShown } from '../shown-message.js';
import type { WireClient, WireEvents, WireOpener, WireOptions } from './wire-client.js';

/** Opens the wire of plain events over a WebSocket. */
export const openEventsSocket: WireOpener = (url, options, events) => new EventsSocketWire(url, options, events);

/** Whether the server answered the handshake of a WebSocket with an error. */
const isRefused = (error: unknown): error is UpgradeRefusedError =>
  isNaruError(error, 'UnavailableError') && 'status' in error;

class EventsSocketWire implements WireClient {
  readonly #events: WireEvents;
  readonly #showsWire: boolean;
  readonly #answers = new Answers<readonly unknown[]>();
  readonly #ending = new AbortController();
  #connection: Connection | undefined;
  #isOver = false;

  constructor(url: string, { auth, trust, showsWire }: WireOptions, events: WireEvents) {
    this.#events = events;
    this.#showsWire = showsWire;
    const { address, headers } = authorize(url, auth);
    connect(address, { ...trust, headers, signal: this.#ending.signal }).then(
      (connection) => this.#onOpen(connection),
      (error: unknown) => this.#end(isRefused(error) ? refusalOf(error.status, '') : reasonOf(error)),
    );
  }

  async emit(event: string, args: readonly unknown[], wantsAnswer: boolean): Promise<readonly unknown[] | undefined> {
    const given = encodeValue(args);
    if (wantsAnswer) return this.#answers.ask((id) => this.#send(encodeEventMessage(event, given, { id })));
    this.#send(encodeEventMessage(event, given));
    return undefined;
  }

  join(room: string): Promise<void> {
    return this.#ask((id) => JSON.stringify({ join: room, id }));
  }

  leave(room: string): Promise<void> {
    return this.#ask((id) => JSON.stringify({ leave: room, id }));
  }

  publish(room: string, event: string, args: readonly unknown[]): Promise<void> {
    return this.#ask((id) => encodeEventMessage(event, encodeValue(args), { room, id }));
  }

  close(): void {
    if (this.#connection) this.#connection.close(1000);
    else {
      this.#ending.abort();
      this.#end('closed');
    }
  }

  async #ask(textOf: (id: number) => string): Promise<void> {
    await this.#answers.ask((id) => this.#send(textOf(id)));
  }

  #send(text: string): void {
    if (!this.#connection || this.#isOver) throw new UnavailableError('DISCONNECTED', 'not connected');
    if (this.#showsWire) this.#events.onWire('out', text);
    this.#connection.send(text);
  }

  #onOpen(connection: Connection): void {
    this.#connection = connection;
    this.#events.onOpen('over websocket');
    connection.on('message', (data) => this.#onData(data));
    connection.on('error', (error) => this.#events.onNote(error.message));
    connection.on('close', (code, reason) => this.#end(`${code}${reason === '' ? '' : ` ${reason}`}`));
  }

  #onData(data: string | Uint8Array): void {
    const isText = typeof data === 'string';
    if (this.#showsWire) this.#events.onWire('in', isText ? data : showBytes(data));
    if (!isText) this.#events.onEvent('message', [data], undefined, undefined);
    else this.#onText(data);
  }

  #onText(text: string): void {
    let message: JsonMessage | undefined;
    try {
      message = readShown(decodeValue(text));
    } catch {
      // Another kind of server may send other text, which is shown unchanged.
    }
    if (!message) this.#onOther(text);
    else if (message.type === 'ack') this.#answers.resolve(message.id, message.args);
    else if (message.type === 'event') {
      const { event, args, room, id } = message;
      const answer = id === undefined ? undefined : (...given: unknown[]) => this.#send(encodeAckMessage(id, given));
      this.#events.onEvent(event, args, room, answer);
    }
  }

  /** Passes on a refusal, or shows the text of another kind of server unchanged. */
  #onOther(text: string): void {
    const refusal = errorIn(text);
    if (refusal === undefined) this.#events.onNote(text);
    else if (!this.#answers.reject((JSON.parse(text) as { id?: unknown }).id, refusal)) this.#events.onNote(refusal);
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#answers.close(reason);
    this.#events.onClose(reason, true);
  }
}
