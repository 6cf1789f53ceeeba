/** Long-polling with fetch, which also works in service workers and in Node. */
import { type Abort, type Outcome, Polling } from './polling.js';

/** Polls with `fetch`. */
export class Fetch extends Polling {
  protected override readonly labels = ['fetch read error', 'fetch write error'] as const;

  protected request(body: string | undefined, outcome: Outcome): Abort {
    const { withCredentials, requestTimeout, extraHeaders } = this.opts;
    const controller = new AbortController();
    const { signal } = controller;
    const fail = (status: unknown, context?: unknown): void => {
      if (!signal.aborted) outcome.onFailure(status, context);
    };
    fetch(this.uri(), {
      method: body === undefined ? 'GET' : 'POST',
      body,
      headers: { ...(body !== undefined && { 'content-type': 'text/plain;charset=UTF-8' }), ...extraHeaders },
      credentials: withCredentials ? 'include' : 'omit',
      signal: requestTimeout ? AbortSignal.any([signal, AbortSignal.timeout(requestTimeout)]) : signal,
    }).then(
      // `fail` is the second argument of each `then`, so that an error of a listener does not count as a failed
      // request.
      (response) => {
        if (response.ok) return response.text().then((text) => outcome.onText(text), fail);
        // Read as that of an XMLHttpRequest.
        const getResponseHeader = response.headers.get.bind(response.headers);
        return fail(response.status, Object.assign(response, { getResponseHeader }));
      },
      fail,
    );
    return () => controller.abort();
  }
}
