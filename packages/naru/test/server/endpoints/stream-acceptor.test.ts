import { describe, expect, it } from 'vitest';
import { stage } from '../../../../../test/kit/servers/test-server.js';
import { encodeRecord } from '../../../src/protocol/record/encode.js';
import type { ServerOptions } from '../../../src/server/api/server.js';
import { endpointContextOf } from '../../../src/server/api/server.js';
import { PREFACE, StreamAcceptor } from '../../../src/server/endpoints/stream-acceptor.js';
import { openLink } from '../../transport/tcp/subject.js';

/** A server whose acceptor takes streams from `dial`. `text` is the data at the far end. */
function open(options: ServerOptions = {}) {
  const server = stage(options);
  const { clock, io } = server;
  const acceptor = new StreamAcceptor(endpointContextOf(io));
  const dial = (how: 'take' | 'refuse' = 'take') => {
    const { near, far, network } = openLink(19, 1, clock);
    acceptor[how](near);
    const chunks: Buffer[] = [];
    far.on('data', (chunk: Buffer) => chunks.push(chunk));
    far.on('error', () => undefined);
    const write = async (data: string | Uint8Array) => {
      far.write(data);
      await clock.settle();
    };
    return { far, near, network, write, text: () => Buffer.concat(chunks).toString() };
  };
  return { server, clock, io, acceptor, dial };
}

const OPEN = /^.?.?.?0\{"sid":"/s;

describe('the first bytes of a stream', () => {
  it('are the preface of a program, cut anywhere: it gets its handshake without a greeting', async () => {
    const { io, clock, dial } = open();
    const begin = Buffer.concat([Buffer.from(PREFACE), encodeRecord('40')]);
    for (let at = 1; at < begin.length; at += 1) {
      const program = dial();
      await program.write(begin.subarray(0, at));
      await clock.advance(300);
      await program.write(begin.subarray(at));
      expect(program.text()).toMatch(OPEN);
      expect(program.text()).toContain('40{"sid":"');
      program.far.destroy();
      await clock.settle();
    }
    expect(io.engine.clientsCount).toBe(0);
  });

  it('may have a query in the preface, cut anywhere, which the handshake shows', async () => {
    const { io, clock, dial } = open();
    const seen: unknown[] = [];
    io.on('connection', ({ handshake }) => seen.push(handshake.query));
    const begin = Buffer.concat([Buffer.from('NARU1?a=b%20c&EIO=3\n'), encodeRecord('40')]);
    for (let at = 1; at < begin.length; at += 1) {
      const program = dial();
      await program.write(begin.subarray(0, at));
      await program.write(begin.subarray(at));
      program.far.destroy();
      await clock.settle();
    }
    expect(seen).toHaveLength(begin.length - 1);
    expect(new Set(seen.map((query) => JSON.stringify(query)))).toEqual(
      new Set(['{"a":"b c","EIO":"4","transport":"tcp"}']),
    );
  });

  it('may not have a query that is too long or not escaped', async () => {
    const { io, dial } = open();
    for (const query of [`a=${'x'.repeat(5_000)}`, 'a=b c', 'a=\u00e9', 'a=\0']) {
      const program = dial();
      await program.write(`NARU1?${query}${query.length > 4_096 ? '' : '\n'}`);
      expect(program.text()).toContain('1the query is too long or has characters that must be escaped');
    }
    expect(io.engine.clientsCount).toBe(0);
  });

  it('are a line of a person, who then gets no greeting', async () => {
    const { dial } = open();
    const person = dial();
    await person.write('/rooms\n');
    expect(person.text()).toBe('* entered /\n* rooms\n');
    const almost = dial();
    await almost.write('NARU');
    await almost.write('2 hello\n');
    expect(almost.text()).toBe('* entered /\n');
  });

  it('do not arrive, so the client is a person, who gets a greeting', async () => {
    const { clock, dial, acceptor } = open({ tcp: { greetAfter: 100 } });
    const person = dial();
    await clock.advance(99);
    expect([person.text(), acceptor.undecidedCount]).toEqual(['', 1]);
    await clock.advance(1);
    expect([person.text().startsWith('* Naru'), acceptor.undecidedCount]).toEqual([true, 0]);
    await person.write('/rooms\n');
    expect(person.text()).toContain('* entered /\n* rooms\n');
  });

  it('are a preface after the greeting, which is too late: the program is told to connect again', async () => {
    const { clock, dial, io } = open();
    const program = dial();
    await clock.advance(300);
    await program.write(Buffer.concat([Buffer.from(PREFACE), encodeRecord('40')]));
    expect(program.text()).toContain('\n! a program must send its preface at once and end it with a line feed only');
    expect([program.far.readableEnded, io.engine.clientsCount]).toEqual([true, 0]);
  });

  it('begin an endless preface: its time is bounded, however slowly it arrives', async () => {
    const { clock, dial, acceptor } = open({ tcp: { prefaceTimeout: 1_000 } });
    const slow = dial();
    for (const byte of 'NARU') {
      await slow.write(byte);
      await clock.advance(249);
    }
    expect(slow.text()).toBe('');
    await clock.advance(4);
    expect([slow.text(), slow.far.readableEnded]).toEqual(['! the preface did not arrive in time\n', true]);
    expect(acceptor.undecidedCount).toBe(0);
  });

  it('are those of TLS, and the answer says so', async () => {
    const client = open().dial();
    await client.write(Buffer.from([0x16, 3, 1, 0, 200, 1]));
    expect([client.text(), client.far.readableEnded]).toEqual(['! this endpoint does not use TLS\n', true]);
  });

  it('do not arrive before the end of the stream', async () => {
    const { clock, dial, acceptor, io } = open();
    const [silent, begun, cut] = [dial(), dial(), dial()];
    silent.far.end();
    begun.far.end('NARU');
    cut.network.cutAll();
    await clock.settle();
    expect([acceptor.undecidedCount, io.engine.clientsCount, silent.near.destroyed, begun.near.destroyed]).toEqual([
      0,
      0,
      true,
      true,
    ]);
  });
});

describe('StreamAcceptor', () => {
  it('accepts only records, or only lines, if configured', async () => {
    const records = open({ tcp: { lines: false } });
    const silent = records.dial();
    await records.clock.advance(5_250);
    const person = records.dial();
    await person.write('hello\n');
    expect([silent.text(), person.text()]).toEqual([
      '! the preface did not arrive in time\n',
      '! this endpoint accepts only records after the preface NARU1\n',
    ]);
    await records.server.close();
    const lines = open({ tcp: { records: false } });
    const program = lines.dial();
    await program.write(PREFACE);
    expect(program.text()).toBe(Buffer.from(encodeRecord('1this endpoint does not accept records')).toString());
  });

  it('refuses clients in the terms of their wire when the engine does', async () => {
    const { dial } = open({ sessionsMax: 1 });
    const [first, program, person] = [dial(), dial(), dial()];
    await first.write('hello\n');
    await program.write(PREFACE);
    await person.write('hello\n');
    const full = 'the server is full; try again later';
    expect(program.text()).toBe(Buffer.from(encodeRecord(`1${full}`)).toString());
    expect([person.text(), person.far.readableEnded]).toEqual([`! ${full}\n`, true]);
  });

  it('refuses clients without a permit in the terms of their wire, too, once it is known', async () => {
    const { dial, clock, acceptor, io } = open({ handshakesMax: 3 });
    const [program, person, silent, beyond] = [dial('refuse'), dial('refuse'), dial('refuse'), dial('refuse')];
    const full = 'the server is full; try again later';
    await program.write(PREFACE);
    await person.write('hello\n');
    expect(program.text()).toBe(Buffer.from(encodeRecord(`1${full}`)).toString());
    expect([person.text(), beyond.text(), silent.text()]).toEqual([`! ${full}\n`, `! ${full}\n`, '']);
    await clock.advance(250);
    expect([silent.text(), acceptor.undecidedCount, io.engine.clientsCount]).toEqual([`! ${full}\n`, 0, 0]);
    acceptor.close();
    const late = dial('refuse');
    await clock.settle();
    expect([late.text(), acceptor.undecidedCount]).toEqual([`! ${full}\n`, 0]);
  });

  it('gives refused clients none of the places of admitted ones, however many there are', async () => {
    const { acceptor, dial } = open({ handshakesMax: 3 });
    const flood = Array.from({ length: 10 }, () => dial('refuse'));
    for (const one of flood) await one.write('NAR');
    expect(acceptor.undecidedCount).toBe(3);
    const [decent, other] = [dial(), dial()];
    await decent.write(PREFACE);
    await other.write(PREFACE);
    expect([decent.text(), other.text()]).toEqual([expect.stringMatching(OPEN), expect.stringMatching(OPEN)]);
  });

  it('closes streams above the limit of undecided ones', async () => {
    const { dial, clock, acceptor } = open({ handshakesMax: 2 });
    const streams = [dial(), dial(), dial()];
    await clock.settle();
    expect(streams.map(({ near }) => near.destroyed)).toEqual([false, false, true]);
    acceptor.close();
    await clock.settle();
    expect([streams.map(({ near }) => near.destroyed), acceptor.undecidedCount]).toEqual([[true, true, true], 0]);
  });

  it('shows the address of the peer, and what carries it', async () => {
    const { io, dial } = open();
    const seen: unknown[] = [];
    io.on('connection', ({ handshake, conn, request }) =>
      seen.push([handshake.address, handshake.query.transport, conn.transport.name, conn.subprotocol, request.url]),
    );
    await dial().write(Buffer.concat([Buffer.from(PREFACE), encodeRecord('40')]));
    await dial().write('hello\n');
    const url = '/socket.io/?EIO=4&transport=tcp';
    expect(seen).toEqual([
      ['10.0.0.2', 'tcp', 'tcp', 'socket.io', url],
      ['10.0.0.2', 'tcp', 'tcp', 'line', url],
    ]);
  });

  it('ends a program that breaks the rules with a close packet and a reason', async () => {
    const { dial, io } = open({ maxHttpBufferSize: 100 });
    const [big, bad] = [dial(), dial()];
    await big.write(Buffer.concat([Buffer.from(PREFACE), encodeRecord('x'.repeat(101))]));
    await bad.write(Buffer.concat([Buffer.from(PREFACE), encodeRecord('9')]));
    expect(big.text()).toContain('1record exceeds the limit of 100 bytes');
    expect(bad.text()).toContain('1parse error');
    expect(io.engine.clientsCount).toBe(0);
  });
});
