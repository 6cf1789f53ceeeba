/** A client of plain events that works like an `EventSource`: it resumes after the last id that it saw. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { EventStreamDecoder } from '../../../packages/naru/src/protocol/event-stream/decoder.js';
import { DiallingClient } from './dialling-client.js';
import { Violation } from './truth.js';

/** Milliseconds without a sign of life after which the client gives up a connection, as a proxy would. */
const SILENCE_MS = 45_000;

/** A client of plain events. */
export class EventsClient extends DiallingClient {
  #request: ClientRequest | undefined = undefined;
  #isConnected = false;
  #lastEventId = '';

  override get isConnected(): boolean {
    return this.#isConnected;
  }

  protected override open(): void {
    if (this.#request || !this.isWanted) return;
    const { namespace, rooms, name } = this.plan;
    const path = `/events${namespace === '/' ? '' : namespace}/${rooms.join(',')}?client=${name}`;
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (this.#lastEventId !== '') headers['last-event-id'] = this.#lastEventId;
    const outgoing = request(`${this.url}${path}`, { agent: this.device.agent, headers });
    this.#request = outgoing;
    outgoing.on('error', () => this.#end(outgoing));
    outgoing.on('response', (response) => this.#read(outgoing, response));
    outgoing.end();
    this.#listenOn(outgoing);
  }

  protected override shut(): void {
    this.rest();
    const outgoing = this.#request;
    if (outgoing) this.#end(outgoing);
  }

  #read(outgoing: ClientRequest, response: IncomingMessage): void {
    response.on('error', () => this.#end(outgoing)).on('close', () => this.#end(outgoing));
    if (response.statusCode !== 200) {
      response.resume();
      this.#end(outgoing);
      return;
    }
    this.#isConnected = true;
    const decoder = new EventStreamDecoder();
    response.on('data', (chunk: Buffer) => {
      if (this.#request !== outgoing) return;
      this.#listenOn(outgoing);
      for (const { event, data, lastEventId } of decoder.add(chunk)) {
        if (lastEventId !== '') this.#lastEventId = lastEventId;
        this.guard(() => this.#onEvent(event, JSON.parse(data) as unknown[]));
      }
    });
  }

  #onEvent(event: string, args: readonly unknown[]): void {
    if (event === 'naru:disconnect') return;
    const [id, about] = args;
    if (event === 'hello') this.connected(String(about), false);
    if (event === 'n' && typeof id !== 'string') throw new Violation(`${this.plan.name}: got ${JSON.stringify(args)}`);
    this.heard(event, revive(args) as unknown[]);
  }

  #listenOn(outgoing: ClientRequest): void {
    this.listenFor(SILENCE_MS, () => this.#end(outgoing));
  }

  #end(outgoing: ClientRequest): void {
    if (this.#request !== outgoing) return;
    this.#request = undefined;
    this.#isConnected = false;
    outgoing.destroy();
    this.lost();
  }
}

/** Decodes the arguments of plain wires, in which bytes are base64. */
export function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object' || value === null) return value;
  const { $bytes: base64 } = value as { $bytes?: unknown };
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revive(each)]));
}
