/** Long-polling with XMLHttpRequest, for browsers. */
import { hasNode } from '../features.js';
import { type Abort, type Outcome, Polling } from './polling.js';

const DONE = 4;

/** Polls with XMLHttpRequest. */
export class XHR extends Polling {
  protected request(body: string | undefined, outcome: Outcome): Abort {
    const { withCredentials, requestTimeout, extraHeaders } = this.opts;
    const xhr = new XMLHttpRequest();
    xhr.open(body === undefined ? 'GET' : 'POST', this.uri(), true);
    for (const name in extraHeaders) xhr.setRequestHeader(name, extraHeaders[name] as string);
    // Browsers set this type for text by themselves. React Native does not.
    if (hasNode && body !== undefined) xhr.setRequestHeader('content-type', 'text/plain;charset=UTF-8');
    xhr.withCredentials = !!withCredentials;
    xhr.timeout = requestTimeout ?? 0;
    xhr.onreadystatechange = () => {
      if (xhr.readyState !== DONE) return;
      if (xhr.status === 200) outcome.onText(xhr.responseText);
      else outcome.onFailure(xhr.status, xhr);
    };
    xhr.send(body);
    return () => {
      xhr.onreadystatechange = null;
      xhr.abort();
    };
  }
}
