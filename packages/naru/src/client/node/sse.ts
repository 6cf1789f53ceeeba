/** HTTP streaming in Node, over node:http and node:https: packets arrive as events of one response. docs/sse.md. */
import type { IncomingMessage } from 'node:http';
import { EventStreamDecoder, type ReceivedEvent } from '../../protocol/event-stream/decoder.js';
import type { Abort, Outcome } from '../engine/polling.js';
import { isLast } from '../engine/sse.js';
import type { NodeOptions } from './options.js';
import { type Exchange, NodePolling, readText } from './polling.js';

/** Streams with node:http, with the agent, the headers, the TLS options and the cookies of the session. */
export class NodeEventStream extends NodePolling {
  protected override readonly labels = ['event stream error', 'xhr post error'] as const;

  override get name(): string {
    return 'sse';
  }

  protected override request(body: string | undefined, outcome: Outcome): Abort {
    if (body !== undefined) return super.request(body, outcome);
    return this.exchange(undefined, outcome, (response, exchange) => {
      const { payloadBytesMax } = this.opts as NodeOptions;
      const { statusCode, headers } = response;
      if (statusCode === 200 && headers['content-type']?.startsWith('text/event-stream')) {
        this.#listen(response, exchange, outcome, new EventStreamDecoder(payloadBytesMax));
        this.onStream();
      } else readText(response, payloadBytesMax, (text) => exchange.fail(statusCode, text, headers));
    });
  }

  #listen(response: IncomingMessage, { finish, fail }: Exchange, outcome: Outcome, decoder: EventStreamDecoder): void {
    let isOver = false;
    response.on('data', (chunk: Buffer) => {
      let events: readonly ReceivedEvent[];
      try {
        events = decoder.add(chunk);
      } catch {
        fail('event too big');
        return;
      }
      for (const { data } of events) {
        if (isOver || this.readyState === 'closed') return;
        isOver = isLast(data);
        if (isOver) {
          finish();
          response.destroy();
        }
        outcome.onText(data, !isOver);
      }
    });
    response.on('end', () => fail('event stream ended'));
  }
}
