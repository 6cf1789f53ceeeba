/**
 * A WebSocket peer made of bare TCP and its own frame reader, so that tests see the bytes instead of a library's view
 * of them.
 */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface RawFrame {
  readonly first: number;
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
}

/** Encodes a frame as a client sends it. `first` is FIN, the reserved bits and the opcode. */
export function clientFrame(first: number, payload: string | Uint8Array | readonly number[] = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);
  const size = body.byteLength;
  const head = size < 126 ? [first, 0x80 | size] : size < 65_536 ? [first, 0xfe, size >> 8, size & 255] : [first, 0xff];
  const sizeBytes = Buffer.alloc(size < 65_536 ? 0 : 8);
  if (size >= 65_536) sizeBytes.writeBigUInt64BE(BigInt(size));
  const key = [0x12, 0xa4, 0x7f, 0xe1];
  const masked = Buffer.alloc(size);
  for (let index = 0; index < size; index += 1) masked[index] = (body[index] ?? 0) ^ (key[index & 3] ?? 0);
  return Buffer.concat([Buffer.from(head), sizeBytes, Buffer.from(key), masked]);
}

/** Encodes a frame as a server sends it. */
export function serverFrame(first: number, payload: string | Uint8Array | readonly number[] = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);
  const masked = clientFrame(first, body);
  const head = masked.subarray(0, masked.length - body.length - 4);
  head[1] = head.readUInt8(1) & 0x7f;
  return Buffer.concat([head, body]);
}

/** Encodes the payload of a close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
}

/** One connection, after its handshake. */
export class RawPeer {
  readonly socket: Socket;
  readonly frames: RawFrame[] = [];
  head = '';
  isEnded = false;
  error: Error | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  readonly #isMasked: boolean;

  private constructor(socket: Socket, isMasked: boolean) {
    this.socket = socket;
    this.#isMasked = isMasked;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('end', () => {
      this.isEnded = true;
      this.#wake();
    });
    socket.on('close', () => {
      this.isEnded = true;
      this.#wake();
    });
  }

  /** Connects and does the opening handshake with the given extra header lines. */
  static async open(port: number, lines: readonly string[] = [], path = '/'): Promise<RawPeer> {
    const peer = new RawPeer(connect({ port, host: '127.0.0.1', allowHalfOpen: true }), false);
    const head = [
      `GET ${path} HTTP/1.1`,
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      ...lines,
    ];
    peer.socket.write(`${head.join('\r\n')}\r\n\r\n`);
    await peer.until(() => peer.head !== '');
    return peer;
  }

  /** Answers the opening handshake of a client that has connected. */
  static async answer(socket: Socket): Promise<RawPeer> {
    const peer = new RawPeer(socket, true);
    await peer.until(() => peer.head !== '');
    const key = /sec-websocket-key: (\S+)/i.exec(peer.head)?.[1] ?? '';
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
    return peer;
  }

  /** Writes bytes as they are. */
  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** Writes bytes and waits until the operating system has taken them. */
  flush(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Waits until the condition holds, and throws when the stream ends first. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.isEnded) throw new Error(`the stream ended first: ${this.describe()} ${this.error ?? ''}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Waits for the end of the stream. */
  async ended(): Promise<void> {
    while (!this.isEnded) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Waits for the next frame. */
  async next(): Promise<RawFrame> {
    await this.until(() => this.frames.length > 0);
    const frame = this.frames.shift();
    if (frame === undefined) throw new Error('no frame');
    return frame;
  }

  /** Describes all received frames: `text`, `binary 3`, `ping`, `close 1000`. */
  describe(): string {
    return this.frames.map(describeFrame).join(', ');
  }

  #take(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    if (this.head === '') {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.#buffer.subarray(0, end).toString('latin1');
      this.#buffer = this.#buffer.subarray(end + 4);
    }
    while (this.#takeFrame());
    this.#wake();
  }

  #takeFrame(): boolean {
    const buffer = this.#buffer;
    if (buffer.length < 2) return false;
    const first = buffer.readUInt8(0);
    const second = buffer.readUInt8(1);
    if (second >= 0x80 !== this.#isMasked) throw new Error('a frame is masked that must not be, or not masked');
    const code = second & 0x7f;
    const sizeEnd = code < 126 ? 2 : code === 126 ? 4 : 10;
    const headSize = this.#isMasked ? sizeEnd + 4 : sizeEnd;
    if (buffer.length < headSize) return false;
    const size = code < 126 ? code : code === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
    if (buffer.length < headSize + size) return false;
    const payload = Buffer.from(buffer.subarray(headSize, headSize + size));
    if (this.#isMasked)
      for (let at = 0; at < size; at += 1) payload[at] = (payload[at] ?? 0) ^ (buffer[sizeEnd + (at & 3)] ?? 0);
    this.frames.push({ first, opcode: first & 15, isFinal: first >= 0x80, payload });
    this.#buffer = buffer.subarray(headSize + size);
    return true;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Describes one frame. */
export function describeFrame(frame: RawFrame): string {
  const { opcode, payload } = frame;
  if (opcode === 1) return `text ${payload}`;
  if (opcode === 2) return `binary ${payload.toString('hex')}`;
  if (opcode === 8) {
    return payload.length < 2 ? 'close' : `close ${payload.readUInt16BE(0)} ${payload.subarray(2)}`.trimEnd();
  }
  return `${opcode === 9 ? 'ping' : opcode === 10 ? 'pong' : opcode} ${payload}`.trimEnd();
}

/** A promise and its two functions, because Node 20 lacks `Promise.withResolvers`. */
export function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let settle: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}
