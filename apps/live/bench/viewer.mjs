// One lean viewer: a WebSocket whose frames are looked at and thrown away, with a line of a chosen speed.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

/** A viewer. `bitsPerSecond` is the speed of its line; 0 stands still after it has entered. */
export class Viewer {
  video = 0;
  audio = 0;
  /** Pictures that are missing, and gaps that did not end with a key frame. */
  lost = 0;
  torn = 0;
  /** The latest of all pictures, in milliseconds after the server got it. */
  latestMs = 0;
  isClosed = false;
  #socket;
  #head = Buffer.alloc(0);
  /** Bytes of the present WebSocket message that are still to come. */
  #skip = 0;
  #isOpen = false;
  #last = -1;
  #seenAt = 0;
  #toldAt = 0;
  #spare = 0;
  #filledAt = Date.now();
  #bitsPerSecond;
  #id;
  #wish;

  constructor(port, id, bitsPerSecond, wish) {
    this.#bitsPerSecond = bitsPerSecond;
    this.#id = id;
    this.#wish = wish;
    this.#socket = connect(port, '127.0.0.1', () => {
      const key = randomBytes(16).toString('base64');
      const lines = ['GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', 'Host: 127.0.0.1', 'Connection: Upgrade'];
      lines.push('Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`, '', '');
      this.#socket.write(lines.join('\r\n'));
    });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('close', () => {
      this.isClosed = true;
    });
    this.#socket.on('error', () => {
      this.isClosed = true;
    });
  }

  /** Tells the server what is shown, as a page does twice a second. */
  tell() {
    if (this.#seenAt === this.#toldAt || this.isClosed || this.#bitsPerSecond === 0) return;
    this.#toldAt = this.#seenAt;
    this.#send(`42["seen",${this.#seenAt}]`);
  }

  close() {
    this.#socket.destroy();
  }

  #read(chunk) {
    if (this.#isOpen && this.#bitsPerSecond === 0 && this.video > 0) {
      this.#socket.pause();
      return;
    }
    this.#slowDown(chunk.length);
    let data = this.#head.length > 0 ? Buffer.concat([this.#head, chunk]) : chunk;
    if (!this.#isOpen) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#head = data;
        return;
      }
      this.#isOpen = true;
      this.#send('40');
      data = data.subarray(end + 4);
    }
    this.#head = this.#frames(data);
  }

  /** Looks at the WebSocket frames in `data`. Returns the rest, which is not a whole header yet. */
  #frames(data) {
    let at = 0;
    for (;;) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, data.length - at);
        this.#skip -= step;
        at += step;
      }
      if (data.length - at < 2) break;
      const short = data[at + 1] & 127;
      const headSize = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (data.length - at < headSize) break;
      const size =
        short === 127 ? Number(data.readBigUInt64BE(at + 2)) : short === 126 ? data.readUInt16BE(at + 2) : short;
      const isBinary = (data[at] & 15) === 2;
      // Of pictures and sound, the header of 24 bytes is enough. Texts are read whole.
      const wanted = isBinary ? Math.min(size, 24) : size;
      if (data.length - at < headSize + wanted) break;
      const body = data.subarray(at + headSize, at + headSize + wanted);
      if (isBinary) this.#look(body);
      else this.#hear(body.toString());
      at += headSize + wanted;
      this.#skip = size - wanted;
    }
    return Buffer.from(data.subarray(at));
  }

  #hear(text) {
    if (text === '2') this.#send('3');
    else if (text.startsWith('40')) this.#send(`420["watch",{"id":"${this.#id}","wish":"${this.#wish}"}]`);
  }

  #look(head) {
    this.#seenAt = head.readDoubleBE(12);
    if (head[0] === 2) {
      this.audio++;
      return;
    }
    // The index of a picture is in its timestamp: one each 33,333 microseconds.
    const index = Math.round(head.readDoubleBE(4) / 33_333) % 1_000_000_000;
    const isKey = (head[1] & 1) === 1;
    const at = head.readDoubleBE(12);
    if (this.#last >= 0 && index > this.#last + 1) {
      this.lost += index - this.#last - 1;
      if (!isKey) this.torn++;
    }
    this.#last = Math.max(this.#last, index);
    this.video++;
    this.latestMs = Math.max(this.latestMs, Date.now() - at);
  }

  /** Stops reading for as long as a line of this speed needs for the bytes. */
  #slowDown(size) {
    if (this.#bitsPerSecond === Number.POSITIVE_INFINITY || this.#bitsPerSecond === 0) return;
    const now = Date.now();
    const rate = this.#bitsPerSecond / 8_000;
    this.#spare = Math.min(16_384, this.#spare + (now - this.#filledAt) * rate) - size;
    this.#filledAt = now;
    if (this.#spare >= 0) return;
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), -this.#spare / rate);
  }

  #send(text) {
    const body = Buffer.from(text);
    // A client masks its frames; a mask of zeros changes nothing.
    const head = body.length < 126 ? [0x81, 128 | body.length] : [0x81, 254, body.length >> 8, body.length & 255];
    this.#socket.write(Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]));
  }
}
