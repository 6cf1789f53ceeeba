/** Long-polling in Node, over node:http and node:https. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type Abort, type Outcome, Polling } from '../engine/polling.js';
import { type NodeOptions, tlsOptions } from './options.js';

const DONE = 4;

// Servers on Node close idle connections after 5 seconds. The client closes them earlier, so no request uses a closing
// one.
const IDLE = { keepAlive: true, timeout: 3_000 };
const AGENT = new HttpAgent(IDLE);
const SECURE_AGENT = new HttpsAgent(IDLE);

/** A running request, as the reader of its answer sees it. */
export interface Exchange {
  /**
   * Ends the request. Nothing is reported after this, not even the end of its connection. Returns `false` when it had
   * already ended.
   */
  finish(): boolean;
  /** Reports a failure, unless the request is over. */
  fail(status: unknown, responseText?: string, headers?: IncomingMessage['headers']): void;
}

/** Polls with node:http, with the agent, the TLS options and the cookies of the session. */
export class NodePolling extends Polling {
  protected request(body: string | undefined, outcome: Outcome): Abort {
    const { payloadBytesMax } = this.opts as NodeOptions;
    return this.exchange(body, outcome, (response, { finish, fail }) => {
      readText(response, payloadBytesMax, (text) => {
        if (response.statusCode !== 200 || text === undefined)
          fail(text === undefined ? 'response too big' : response.statusCode, text, response.headers);
        else if (finish()) outcome.onText(text);
      });
    });
  }

  /** Makes one request, and passes the response to `read`. */
  protected exchange(
    body: string | undefined,
    outcome: Outcome,
    read: (response: IncomingMessage, exchange: Exchange) => void,
  ): Abort {
    const { requestTimeout, autoUnref, cookies } = this.opts as NodeOptions;
    const url = new URL(this.uri());
    const isSecure = url.protocol === 'https:';
    const send = isSecure ? httpsRequest : httpRequest;
    const request = send(url, this.#requestOptions(body, isSecure));
    let isDone = false;
    const finish = (): boolean => {
      const wasDone = isDone;
      isDone = true;
      return !wasDone;
    };
    const fail = (status: unknown, responseText = '', headers: IncomingMessage['headers'] = {}): void => {
      if (!finish()) return;
      request.destroy();
      // The shape of an XMLHttpRequest, as listeners get it in a browser.
      const answer = { readyState: DONE, status: typeof status === 'number' ? status : 0, responseText };
      outcome.onFailure(status, { ...answer, getResponseHeader: headerOf(headers) });
    };
    request.on('response', (response) => {
      cookies?.store(response.headers['set-cookie']);
      read(response, { finish, fail });
      response.on('error', fail);
    });
    // A failed request is not repeated. The server may have read it, or answered with packets that it would not send
    // again.
    request.on('error', fail);
    if (requestTimeout) request.setTimeout(requestTimeout, () => fail('timeout'));
    if (autoUnref) request.on('socket', (socket) => socket.unref());
    request.end(body);
    return () => {
      isDone = true;
      request.destroy();
    };
  }

  #requestOptions(body: string | undefined, isSecure: boolean): RequestOptions {
    const opts = this.opts as NodeOptions;
    const headers: Record<string, string | number> = { accept: '*/*', ...opts.extraHeaders };
    if (body !== undefined) {
      headers['content-type'] = 'text/plain;charset=UTF-8';
      headers['content-length'] = Buffer.byteLength(body);
    }
    const cookies = opts.cookies?.header();
    if (cookies) headers.cookie = cookies;
    return {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      agent: (opts.agent || (isSecure ? SECURE_AGENT : AGENT)) as RequestOptions['agent'],
      ...tlsOptions(opts),
    };
  }
}

/** Returns what reads the header fields of a response, as an XMLHttpRequest does. */
export function headerOf(headers: IncomingMessage['headers']): (name: string) => string | null {
  return (name) => headers[name.toLowerCase()]?.toString() ?? null;
}

/** Reads a body and passes it to `onDone`, or `undefined` when it is larger than `bytesMax`. */
export function readText(
  response: IncomingMessage,
  bytesMax: number,
  onDone: (text: string | undefined) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else onDone(undefined);
  });
  response.on('end', () => {
    if (bytes <= bytesMax) onDone(Buffer.concat(chunks).toString());
  });
}
