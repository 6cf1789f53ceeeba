/**
 * A client like Socket.IO's on a bare socket. It is light enough for a thousand instances, and reconnects as the
 * original does.
 */
import { connect, type Socket } from 'node:net';
import { encodeClientText } from '../../kit/clients/websocket-text.js';

// The delays of the original.
const DELAY_MS = 1_000;
const DELAY_MS_MAX = 5_000;
const JITTER = 0.5;
const TIMEOUT_MS = 20_000;

const EMPTY = Buffer.alloc(0);
const NUMBER = /^42\["n",(\d+),"([^"]+)"\]$/;

export class CrowdClient {
  /** The received numbers, in their order. */
  readonly got: number[] = [];
  /** Faults: a session that was not recovered, an unexpected answer. */
  readonly faults: string[] = [];
  /** The number of recoveries. */
  recoveredCount = 0;
  isIn = false;
  readonly #port: number;
  readonly #room: string;
  #socket: Socket | undefined;
  #rest: Buffer = EMPTY;
  #hasUpgraded = false;
  #pid: string | undefined;
  #sid: string | undefined;
  #offset: string | undefined;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(port: number, room: string) {
    this.#port = port;
    this.#room = room;
    this.#dial();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #dial(): void {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    this.#rest = EMPTY;
    this.#hasUpgraded = false;
    this.#timer = setTimeout(() => socket.destroy(), TIMEOUT_MS);
    socket.on('connect', () => socket.write(REQUEST));
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#onClose());
  }

  #onClose(): void {
    clearTimeout(this.#timer);
    this.isIn = false;
    if (this.#isStopped) return;
    const delayMs = Math.min(DELAY_MS * 2 ** this.#attempts, DELAY_MS_MAX);
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#dial(), delayMs * (1 + JITTER * (2 * Math.random() - 1)));
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#hasUpgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = bytes;
        return;
      }
      if (bytes.toString('latin1', 9, 12) !== '101') {
        this.#socket?.destroy();
        return;
      }
      this.#hasUpgraded = true;
      bytes = bytes.subarray(end + 4);
    }
    this.#rest = this.#readFrames(bytes);
  }

  /** Returns the rest of an unfinished frame. */
  #readFrames(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes.length - at >= 2) {
      let size = (bytes[at + 1] ?? 0) & 127;
      let head = 2;
      if (size === 126) {
        if (bytes.length - at < 4) break;
        size = bytes.readUInt16BE(at + 2);
        head = 4;
      }
      if (bytes.length - at < head + size) break;
      const opcode = (bytes[at] ?? 0) & 15;
      if (opcode === 1) this.#onText(bytes.toString('utf8', at + head, at + head + size));
      else if (opcode === 8) this.#socket?.destroy();
      at += head + size;
    }
    return bytes.subarray(at);
  }

  #onText(text: string): void {
    const number = NUMBER.exec(text);
    if (number) {
      this.got.push(Number(number[1]));
      this.#offset = number[2];
    } else if (text === '2') this.#say('3');
    else if (text.startsWith('0{'))
      this.#say(this.#pid === undefined ? '40' : `40${JSON.stringify({ pid: this.#pid, offset: this.#offset })}`);
    else if (text.startsWith('40{')) this.#onConnected(JSON.parse(text.slice(2)) as { sid: string; pid: string });
    else if (text === '430[]') this.isIn = true;
    else if (text !== '41' && text !== '1') this.faults.push(`got ${text.slice(0, 80)}`);
  }

  #onConnected({ sid, pid }: { sid: string; pid: string }): void {
    clearTimeout(this.#timer);
    this.#attempts = 0;
    const former = this.#sid;
    this.#pid = pid;
    this.#sid = sid;
    if (former === undefined) {
      this.#say(`420["enter","${this.#room}"]`);
      return;
    }
    if (former === sid) this.recoveredCount += 1;
    else this.faults.push('was not recovered');
    this.isIn = true;
  }

  #say(text: string): void {
    this.#socket?.write(encodeClientText(text));
  }
}

const REQUEST = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');
