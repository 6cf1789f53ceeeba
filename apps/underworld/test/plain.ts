/** People on plain wires, for tests: a terminal and a stream, with the output of both. */
import { type ClientRequest, get, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A person with `nc`. */
export class Terminal {
  readonly socket: Socket;
  text = '';
  isClosed = false;

  constructor(port: number, first = '') {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => {
      this.text += text;
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    this.write(first);
  }

  /** The lines so far. */
  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  /** Writes a line. */
  write(line: string): void {
    this.socket.write(`${line}\n`);
  }

  /** Closes the connection without a farewell. */
  leave(): void {
    this.socket.destroy();
  }
}

/** A person with `curl -N`, in lines of JSON. */
export class Stream {
  text = '';
  status = 0;
  isClosed = false;
  readonly #request: ClientRequest;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#request = get(url, { headers: { accept: 'application/x-ndjson', ...headers } }, (response) => {
      this.status = response.statusCode ?? 0;
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        this.text += text;
      });
      response.on('close', () => {
        this.isClosed = true;
      });
      response.on('error', () => undefined);
    });
    this.#request.on('error', () => undefined);
  }

  /** The events so far, each with its name first. */
  get events(): unknown[][] {
    const lines = this.text.split('\n').slice(0, -1);
    return lines
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { event: string; args: unknown[] })
      .map(({ event, args }) => [event, ...args]);
  }

  /** The events with a name. */
  of(name: string): unknown[][] {
    return this.events.filter(([event]) => event === name);
  }

  /** Closes the connection without a farewell. */
  leave(): void {
    this.#request.destroy();
  }
}

/** Sends a body as `curl -d` does. Returns the status and the answer. */
export function post(url: string, body: string, type = 'text/plain'): Promise<[status: number, answer: string]> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { 'content-type': type } }, (response: IncomingMessage) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        answer += text;
      });
      response.on('end', () => resolve([response.statusCode ?? 0, answer]));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
