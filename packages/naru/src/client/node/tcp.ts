/**
 * The TCP transport in Node: Engine.IO packets as stream records after the preface, on TCP, TLS or a Unix socket.
 * docs/tcp.md.
 */
import { connect, isIP, type Socket as NetSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { systemClock } from '../../base/clock.js';
import { ProtocolError, type UnavailableError } from '../../base/errors.js';
import { PREFACE_LINE } from '../../protocol/line/texts.js';
import type { Unit } from '../../transport/encoded-packet.js';
import { RecordTransport } from '../../transport/tcp/record-transport.js';
import { readBlobs } from '../engine/data.js';
import type { OutgoingPacket } from '../engine/options.js';
import { Transport } from '../engine/transport.js';
import { addBrackets } from '../engine/uri.js';
import { inMicrotask } from '../microtask.js';
import { type NodeOptions, tlsOptions } from './options.js';
import { applicationQuery } from './query.js';
import { socketPathOf } from './unix-address.js';

/** Milliseconds that the server has to close its half after ours. */
const CLOSE_TIMEOUT_MS = 30_000;

/** A session over a byte stream. */
export class NodeTcp extends Transport {
  #records: RecordTransport | undefined;

  get name(): string {
    return 'tcp';
  }

  override uri(): string {
    const { hostname = '', port, secure } = this.opts;
    const path = socketPathOf(hostname);
    return path === undefined ? `${secure ? 'tls' : 'tcp'}://${addBrackets(hostname)}:${port}` : `unix:${path}`;
  }

  protected doOpen(): void {
    let stream: NetSocket;
    try {
      stream = this.#dial();
    } catch (error) {
      // Postponed, because no listener can be added before the engine's constructor has returned.
      inMicrotask(() => this.onError('tcp error', error));
      return;
    }
    const { autoUnref, clock = systemClock, payloadBytesMax, secure } = this.opts as NodeOptions;
    if (autoUnref) stream.unref();
    const settings = { clock, closeTimeoutMs: CLOSE_TIMEOUT_MS, recordBytesMax: payloadBytesMax };
    this.#records = new RecordTransport(stream, settings, {
      onData: (_transport, unit) => this.onUnit(unit),
      onWritable: () => this.#drain(),
      onClose: (_transport, error) => this.#over(error),
    });
    // Written at once, so it leaves with the first bytes. Otherwise the server might take this client for a person who
    // types nothing.
    const search = applicationQuery(this.query);
    stream.write(`${PREFACE_LINE}${search && `?${search}`}\n`);
    stream.once(secure ? 'secureConnect' : 'connect', () => {
      if (this.readyState === 'opening') this.onOpen();
    });
  }

  protected doClose(): void {
    if (this.readyState === 'opening') this.#records?.abort();
    else this.#records?.retire();
  }

  protected write(packets: readonly OutgoingPacket[]): void {
    readBlobs(this, packets, (read) => {
      this.#records?.sendUnits(read.map((packet) => this.encode(packet) as Unit));
      // While the system accepts no more data, volatile events are dropped instead of piling up. `onWritable` reports
      // when it does again.
      if (this.#records?.writable) inMicrotask(() => this.#drain());
    });
  }

  #dial(): NetSocket {
    const { hostname = '', port, secure } = this.opts;
    const path = socketPathOf(hostname);
    const where = path === undefined ? { host: hostname, port: Number(port) } : { path };
    const options = { ...where, allowHalfOpen: true };
    if (!secure) return connect({ ...options, noDelay: true });
    const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
    return connectTls({ ...options, ...servername, ...tlsOptions(this.opts) }).setNoDelay(true);
  }

  #drain(): void {
    if (this.readyState === 'open') this.onDrain();
  }

  #over(error: ProtocolError | UnavailableError | undefined): void {
    if (this.readyState === 'closed') return;
    if (error instanceof ProtocolError) this.emit('error', error);
    else if (error) this.onError('tcp error', error);
    else this.onClose({ description: 'tcp connection closed' });
  }
}
