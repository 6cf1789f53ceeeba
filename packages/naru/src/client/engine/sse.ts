/**
 * HTTP streaming with EventSource, for browsers: packets arrive as events of one response, and are sent as in
 * long-polling. docs/sse.md.
 */
import type { Abort, Outcome } from './polling.js';
import { XHR } from './xhr.js';

/** Whether a stream ends with this packet: a close, or the noop that asks the client to open another stream. */
export function isLast(data: string): boolean {
  return data === '1' || data === '6';
}

/** Streams with EventSource, which cannot send headers. */
export class EventStream extends XHR {
  protected override readonly labels = ['event stream error', 'xhr post error'] as const;

  override get name(): string {
    return 'sse';
  }

  protected override request(body: string | undefined, outcome: Outcome): Abort {
    if (body !== undefined) return super.request(body, outcome);
    const source = new EventSource(this.uri(), { withCredentials: !!this.opts.withCredentials });
    const stop = (): void => source.close();
    source.onopen = () => this.onStream();
    source.onmessage = ({ data }) => {
      const goesOn = !isLast(data);
      // Without this, an EventSource would reconnect by itself.
      if (!goesOn) stop();
      outcome.onText(data, goesOn);
    };
    source.onerror = (event) => {
      stop();
      outcome.onFailure(0, event);
    };
    return stop;
  }
}
