// Clients that do not speak Socket.IO: event streams with Last-Event-ID, and STOMP, both written on the bytes.
import { get, request } from 'node:http';
import { connect } from 'node:net';
import { patience } from './patience.mjs';

/** The event `naru:gap` in a header of STOMP, which has its own form of a colon. */
const GAP = 'naru\\cgap';

/** The common part of plain clients: they reconnect by themselves, and send by HTTP or over their connection. */
class PlainGuest {
  record;
  isIn = false;
  isOver = false;
  port;
  host;
  #timer;

  constructor(record, port, host = '127.0.0.1') {
    this.record = record;
    this.port = port;
    this.host = host;
  }

  again() {
    if (this.isIn) this.record.lose();
    this.isIn = false;
    this.record.step('is away');
    if (this.isOver) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), patience.againMs * (0.5 + Math.random()));
  }

  close() {
    this.isOver = true;
    clearTimeout(this.#timer);
  }
}

/** An `EventSource`, as far as it matters here: fields, a blank line, and the id of the newest event. */
export class StreamGuest extends PlainGuest {
  #lastEventId;
  #request;

  open() {
    this.record.step('tries');
    const { history, rooms } = this.record;
    const after = history ? undefined : this.#lastEventId;
    const headers = { accept: 'text/event-stream', ...(after && { 'last-event-id': after }) };
    const path = `/events/${rooms.join(',')}${history ? `?history=${history}` : ''}`;
    const asked = get({ host: this.host, port: this.port, path, headers, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        this.record.step(`is refused: ${response.statusCode}`);
        response.resume();
        asked.destroy();
        return;
      }
      this.record.connect(after !== undefined);
      this.isIn = true;
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop();
        for (const block of blocks) this.#take(block);
      });
      response.on('error', () => undefined);
    });
    this.#request = asked;
    asked.setTimeout(patience.silenceMs, () => asked.destroy());
    asked.on('error', () => undefined).on('close', () => this.again());
  }

  /** Sends by a POST, which may stay without an answer. */
  say(n, room) {
    const body = JSON.stringify({ event: 'say', args: [n] });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    return new Promise((resolve) => {
      const path = `/events/${room}`;
      const asked = request(
        { host: this.host, port: this.port, path, method: 'POST', headers, agent: false },
        (response) => {
          if (response.statusCode === 202) this.record.confirm(n);
          else this.record.maybe.push(n);
          response.resume().on('error', () => undefined);
          response.on('close', resolve);
        },
      );
      asked.on('error', () => {
        this.record.maybe.push(n);
        resolve();
      });
      asked.setTimeout(patience.silenceMs, () => asked.destroy());
      asked.end(body);
    });
  }

  close() {
    super.close();
    this.#request?.destroy();
  }

  #take(block) {
    const fields = new Map();
    for (const line of block.split('\n')) {
      const [, name, value] = /^([a-z]+): (.*)$/.exec(line) ?? [];
      if (name) fields.set(name, value);
    }
    if (fields.has('id')) this.#lastEventId = fields.get('id');
    const event = fields.get('event');
    if (event === 'naru:gap') this.record.gap(fields.get('data'));
    if (event !== 'm') return;
    const [tag, at] = JSON.parse(fields.get('data'));
    this.record.see(tag, at);
  }
}

/** STOMP 1.2 over TCP. */
export class StompGuest extends PlainGuest {
  #stream;
  #bytes = Buffer.alloc(0);
  #receipts = new Map();
  #next = 0;

  open() {
    this.record.step('tries');
    const stream = connect(this.port, this.host);
    this.#stream = stream;
    this.#bytes = Buffer.alloc(0);
    // The client's own output is not a sign of the server.
    let heardAt = Date.now();
    stream.on('data', () => {
      heardAt = Date.now();
    });
    const watch = setInterval(() => {
      if (Date.now() - heardAt > patience.silenceMs) stream.destroy();
    }, 500);
    stream.on('close', () => clearInterval(watch));
    stream.on('connect', () => {
      this.record.step('has a connection');
      stream.write('CONNECT\naccept-version:1.2\nhost:/\nheart-beat:2000,2000\n\n\0');
      // The agreed sign of life.
      const beat = setInterval(() => stream.write('\n'), 1_500);
      stream.on('close', () => clearInterval(beat));
    });
    stream.on('data', (chunk) => {
      if (this.#stream !== stream) return;
      this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, chunk]) : chunk;
      this.#read();
    });
    stream.on('error', () => stream.destroy());
    stream.on('close', () => {
      for (const answer of this.#receipts.values()) answer(false);
      this.#receipts.clear();
      this.again();
    });
  }

  /** Sends with a receipt, which may not arrive. */
  async say(n, room) {
    if (!this.isIn) {
      await new Promise((resolve) => setTimeout(resolve, patience.againMs));
      if (!this.isOver) return this.say(n, room);
    }
    const body = JSON.stringify([n]);
    const isSure = await this.#send(
      'SEND',
      { destination: `/topic/${room}`, event: 'say', 'content-type': 'application/json' },
      body,
    );
    if (isSure) this.record.confirm(n);
    else this.record.maybe.push(n);
  }

  close() {
    super.close();
    this.#stream?.destroy();
  }

  #send(command, headers, body = '') {
    this.#next += 1;
    const receipt = `r${this.#next}`;
    const lines = Object.entries({ ...headers, receipt }).map(([name, value]) => `${name}:${value}\n`);
    this.#stream.write(`${command}\n${lines.join('')}\n${body}\0`);
    return new Promise((resolve) => this.#receipts.set(receipt, resolve));
  }

  #read() {
    for (;;) {
      let start = 0;
      while (this.#bytes[start] === 10) start += 1;
      const headEnd = this.#bytes.indexOf('\n\n', start);
      if (headEnd < 0) break;
      const [command, ...lines] = this.#bytes.toString('utf8', start, headEnd).split('\n');
      const headers = new Map(lines.map((line) => line.split(':')));
      const size = headers.get('content-length');
      const bodyAt = headEnd + 2;
      const end = size === undefined ? this.#bytes.indexOf(0, bodyAt) : bodyAt + Number(size);
      if (end < 0 || end >= this.#bytes.length) break;
      const body = this.#bytes.toString('utf8', bodyAt, end);
      this.#bytes = this.#bytes.subarray(end + 1);
      this.#take(command, headers, body);
    }
  }

  #take(command, headers, body) {
    if (command === 'CONNECTED') void this.#subscribe();
    else if (command === 'RECEIPT') {
      const id = headers.get('receipt-id');
      this.#receipts.get(id)?.(true);
      this.#receipts.delete(id);
    } else if (command === 'ERROR') this.#stream.destroy();
    else if (command === 'MESSAGE' && headers.get('event') === 'm') {
      const [tag, at] = JSON.parse(body);
      this.record.see(tag, at);
    } else if (command === 'MESSAGE' && headers.get('event') === GAP) this.record.gap(body);
  }

  async #subscribe() {
    const stream = this.#stream;
    this.record.connect(false);
    // Without this subscription, a client is told of gaps only where it reads the log.
    void this.#send('SUBSCRIBE', { id: 'gaps', destination: `/user/queue/${GAP}` });
    const { history, rooms } = this.record;
    const receipts = rooms.map((room, id) =>
      this.#send('SUBSCRIBE', { id, destination: `/topic/${room}`, ...(history && { history }) }),
    );
    const areIn = await Promise.all(receipts);
    if (!areIn.every((isIn) => isIn) || this.#stream !== stream) return;
    this.isIn = true;
    this.record.connects.at(-1).inAt = this.record.seen.length;
  }
}
