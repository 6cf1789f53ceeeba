// Clients written by others: stompjs over both of its transports and python3-stomp with durable subscriptions, curl
// with lines of JSON, and lines over TCP.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, ReconnectionTimeMode } from '@stomp/stompjs';
import { TCPWrapper } from '@stomp/tcp-wrapper';
import { WebSocket } from 'ws';

const PYTHON = '/usr/bin/python3';
const PROGRAM = fileURLToPath(new URL('./durable_reader.py', import.meta.url));
const AGAIN_MS = 100;
/** Milliseconds without a byte after which a connection counts as dead. */
const SILENCE_MS = 8_000;
/** Interval of heart-beats in milliseconds. */
const BEAT_MS = 2_000;

/** The name of a durable subscription is a secret of 20 characters at least. */
const durableOf = ({ index }) => `lossy-durable-subscription-${index}`;

/** `@stomp/stompjs`, which reconnects by itself and continues where it was. One room each. */
export class StompJsGuest {
  record;
  isIn = false;
  #client;

  constructor(record, { http, stomp }, host, road) {
    this.record = record;
    const [room] = record.rooms;
    const client = new Client({
      webSocketFactory: () =>
        road === 'tcp' ? new TCPWrapper(host, stomp) : new WebSocket(`ws://${host}:${http}/stomp`, ['v12.stomp']),
      forceBinaryWSFrames: road === 'tcp',
      appendMissingNULLonIncoming: false,
      reconnectDelay: AGAIN_MS,
      reconnectTimeMode: ReconnectionTimeMode.LINEAR,
      connectionTimeout: SILENCE_MS,
      heartbeatIncoming: BEAT_MS,
      heartbeatOutgoing: BEAT_MS,
      heartbeatToleranceMultiplier: 2,
      discardWebsocketOnCommFailure: true,
    });
    client.onConnect = () => {
      record.connect(this.record.connects.length > 0);
      const headers = { id: 's1', ack: 'client-individual', durable: durableOf(record), receipt: 'in' };
      client.watchForReceipt('in', () => {
        this.isIn = true;
      });
      client.subscribe(
        `/topic/${room}`,
        (message) => {
          note(record, message.headers.event, message.body);
          message.ack();
        },
        headers,
      );
    };
    client.onStompError = ({ headers }) => noteError(record, headers.message);
    client.onWebSocketClose = () => {
      this.isIn = false;
    };
    this.#client = client;
    client.activate();
  }

  close() {
    void this.#client.deactivate({ force: true });
  }
}

/** Debian's python3-stomp, which prints its messages. One room. */
export class PythonGuest {
  record;
  isIn = false;
  #child;

  constructor(record, { stomp }, host) {
    this.record = record;
    const [room] = record.rooms;
    const args = ['-u', PROGRAM, host, String(stomp), room, durableOf(record), String(BEAT_MS)];
    this.#child = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr.resume();
    createInterface(this.#child.stdout).on('line', (line) => {
      const said = JSON.parse(line);
      if (said.connected) record.connect(record.connects.length > 0);
      else if (said.error) noteError(record, said.error);
      else note(record, said.event, said.body);
      this.isIn = said.left === undefined;
    });
  }

  close() {
    this.#child.kill('SIGKILL');
  }
}

/** Records one STOMP message. */
function note(record, event, body) {
  if (event === 'naru:gap') record.gap(body);
  if (event !== 'm') return;
  const [tag, at] = JSON.parse(body);
  record.see(tag, at);
}

/** A silent client is not at fault: its signs of life were lost. */
function noteError(record, message) {
  if (!message.startsWith('no heart-beat came')) record.gap(`ERROR ${message}`);
}

/** The common part of plain wires with a place in the log: an offset, from which they continue. */
class ResumingGuest {
  record;
  isIn = false;
  isOver = false;
  offset;

  constructor(record) {
    this.record = record;
  }

  take(line) {
    if (line === '') return;
    const { event, args, offset } = JSON.parse(line);
    if (offset !== undefined) this.offset = offset;
    if (event === 'naru:gap') this.record.gap(JSON.stringify(args));
    if (event === 'm') this.record.see(args[0], args[1]);
  }

  again() {
    this.isIn = false;
    if (!this.isOver) setTimeout(() => this.open(), AGAIN_MS).unref();
  }
}

/** `curl -N` with lines of JSON, which gives up after some seconds without a byte. */
export class CurlGuest extends ResumingGuest {
  #child;
  #url;

  constructor(record, { http }, host) {
    super(record);
    this.#url = `http://${host}:${http}/events/${record.rooms.join(',')}`;
    this.open();
  }

  open() {
    if (this.isOver) return;
    const url = this.offset === undefined ? this.#url : `${this.#url}?lastEventId=${this.offset}`;
    const args = [
      '-sN',
      '--fail',
      '-H',
      'Accept: application/x-ndjson',
      '--connect-timeout',
      '8',
      '--speed-limit',
      '1',
    ];
    const child = spawn('curl', [...args, '--speed-time', '8', url], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    let rest;
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      if (rest === undefined) this.record.connect(this.offset !== undefined);
      this.isIn = true;
      const lines = `${rest ?? ''}${chunk}`.split('\n');
      // A line without an end is not an event yet.
      rest = lines.pop();
      for (const line of lines) this.take(line);
    });
    child.on('close', () => this.again());
  }

  close() {
    this.isOver = true;
    this.#child.kill('SIGKILL');
  }
}

/** Lines of JSON over TCP. This wire cannot resume, so each connection by itself must be without a gap. */
export class LineGuest extends ResumingGuest {
  #stream;
  #port;
  #host;

  constructor(record, { tcp }, host) {
    super(record);
    this.#port = tcp;
    this.#host = host;
    this.open();
  }

  open() {
    if (this.isOver) return;
    const stream = connect(this.#port, this.#host);
    this.#stream = stream;
    stream.setTimeout(SILENCE_MS, () => stream.destroy());
    stream.on('connect', () => {
      this.record.connect(false);
      stream.write('/json\n');
      for (const [id, room] of this.record.rooms.entries())
        stream.write(`${JSON.stringify({ join: room, id: id + 1 })}\n`);
    });
    let rest = '';
    let count = 0;
    stream.setEncoding('utf8').on('data', (chunk) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop();
      for (const line of lines) {
        // Over a slow path the greeting for people arrives before the server learns that the client is a program.
        if (!line.startsWith('{')) continue;
        const { ack } = JSON.parse(line);
        if (ack !== undefined) count += 1;
        this.take(line);
        if (count !== this.record.rooms.length || this.isIn) continue;
        this.isIn = true;
        this.record.connects.at(-1).inAt = this.record.seen.length;
      }
    });
    stream.on('error', () => stream.destroy()).on('close', () => this.again());
  }

  close() {
    this.isOver = true;
    this.#stream.destroy();
  }
}
