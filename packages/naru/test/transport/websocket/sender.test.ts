import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { WebSocketConnection, type WebSocketHandler } from '../../../src/transport/websocket/connection.js';
import { type WebSocketOptions, webSocketSettings } from '../../../src/transport/websocket/settings.js';

const quiet: WebSocketHandler = { onText() {}, onBinary() {}, onWritable() {}, onClose() {} };

function sender(role: 'server' | 'client', options: WebSocketOptions = {}) {
  const written: Buffer[] = [];
  const duplex = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  return { connection: new WebSocketConnection(duplex, role, webSocketSettings(options), quiet), written };
}

describe('FrameSender', () => {
  it('writes large binary messages of a server without copying them', () => {
    const { connection, written } = sender('server');
    const data = Buffer.alloc(20_000, 1);
    connection.sendBinary(data);
    connection.sendBinary(data.subarray(0, 100));
    expect(written.map((chunk) => chunk.length)).toEqual([4, 20_000, 102]);
    expect(written[1]?.buffer).toBe(data.buffer);
  });

  it('writes frames from a string, a byte for each character, after the collected ones', () => {
    const { connection, written } = sender('server', { coalesce: true });
    connection.sendText('a');
    connection.sendFrames('\x81\x01b\x81\x01c');
    expect(Buffer.concat(written).toString('latin1')).toBe('\x81\x01a\x81\x01b\x81\x01c');
    expect(written).toHaveLength(2);
  });

  it('masks large binary messages of a client in a copy', () => {
    const { connection, written } = sender('client');
    const data = Buffer.alloc(20_000, 1);
    connection.sendBinary(data);
    expect(written.map((chunk) => chunk.length)).toEqual([20_008]);
    expect(data.every((byte) => byte === 1)).toBe(true);
  });

  it('flushes during a turn when the data grows too large to wait', () => {
    const { connection, written } = sender('server', { coalesce: true });
    for (let count = 0; count < 10; count += 1) connection.sendText('x'.repeat(10_000));
    expect(written.length).toBeGreaterThan(0);
    expect(connection.bufferedBytes).toBeLessThan(64 * 1024);
  });

  it('collects encoded frames, or writes them at once', () => {
    const { connection, written } = sender('server', { coalesce: true });
    connection.collectFrames(Buffer.from([0x81, 1, 0x61]));
    expect(written).toEqual([]);
    connection.sendFrames(Buffer.from([0x81, 1, 0x62]));
    expect(Buffer.concat(written).toString('hex')).toBe('810161810162');
  });

  it('writes the pieces of frames in order and uncopied, after the collected ones', () => {
    const { connection, written } = sender('server', { coalesce: true });
    const pieces = [Buffer.from([0x82, 2]), Buffer.from([7, 8])];
    connection.collectFrames(Buffer.from([0x81, 1, 0x61]));
    connection.sendPieces(pieces);
    expect(Buffer.concat(written).toString('hex')).toBe('81016182020708');
    expect(written.slice(1)).toEqual(pieces);
    expect(written[2]?.buffer).toBe(pieces[1]?.buffer);
    connection.close(1000);
    const count = written.length;
    connection.sendPieces(pieces);
    expect(written).toHaveLength(count);
  });

  it.each([
    ['sendText', {}, (connection) => connection.sendText('x'.repeat(100))],
    ['sendBinary', {}, (connection) => connection.sendBinary(Buffer.alloc(20_000))],
    ['sendFrames', {}, (connection) => connection.sendFrames(Buffer.alloc(100))],
    ['sendPieces', {}, (connection) => connection.sendPieces([Buffer.alloc(100), Buffer.alloc(2)])],
    ['sendFrames of a string', {}, (connection) => connection.sendFrames('x'.repeat(100))],
    ['the end of a turn', { coalesce: true }, (connection) => connection.collectFrames(Buffer.alloc(100))],
  ] satisfies [string, WebSocketOptions, (connection: WebSocketConnection) => unknown][])(
    'is writable until %s has filled the stream, and again once it has drained',
    async (_name, options, send) => {
      const taken: (() => void)[] = [];
      const duplex = new Duplex({
        read() {},
        write: (_chunk, _encoding, done) => void taken.push(done),
        writableHighWaterMark: 64,
      });
      const connection = new WebSocketConnection(duplex, 'server', webSocketSettings(options), quiet);
      for (let round = 0; round < 3; round += 1) {
        expect([connection.writable, duplex.writableNeedDrain]).toEqual([true, false]);
        send(connection);
        await new Promise(setImmediate);
        expect([connection.writable, duplex.writableNeedDrain]).toEqual([false, true]);
        const drained = once(duplex, 'drain');
        for (let done = taken.shift(); done; done = taken.shift()) {
          done();
          await new Promise(setImmediate);
        }
        await drained;
      }
    },
  );

  it('sends nothing after close', () => {
    const { connection, written } = sender('server');
    connection.close(1000);
    connection.sendText('x');
    connection.sendBinary(Buffer.from('x'));
    connection.sendFrames(Buffer.from('x'));
    connection.sendFrames('x');
    connection.collectFrames(Buffer.from('x'));
    connection.ping();
    expect([written.length, connection.writable]).toEqual([1, false]);
    connection.terminate();
  });
});
