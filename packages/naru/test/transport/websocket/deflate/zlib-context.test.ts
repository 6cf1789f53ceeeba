import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ProtocolError, UnavailableError } from '../../../../src/base/errors.js';
import {
  DeflateContext,
  InflateContext,
  type ZlibContext,
} from '../../../../src/transport/websocket/deflate/zlib-context.js';

const LEVELS = { level: -1, memLevel: 8, strategy: 0, chunkSize: 1024 };

function run(context: ZlibContext, input: Buffer | number[], bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
  return new Promise((onOutput, onFailed) =>
    context.run(Buffer.from(input), bytesMax, {
      onOutput,
      onFailed: onFailed as (error: ProtocolError | UnavailableError) => void,
    }),
  );
}

describe('DeflateContext', () => {
  it('compresses as in RFC 7692, section 7.2.3, with and without earlier data', async () => {
    const context = new DeflateContext(15, LEVELS);
    expect((await run(context, Buffer.from('Hello'))).toString('hex')).toBe('f248cdc9c90700');
    expect((await run(context, Buffer.from('Hello'))).toString('hex')).toBe('f200110000');
    context.reset();
    expect((await run(context, Buffer.from('Hello'))).toString('hex')).toBe('f248cdc9c90700');
    context.close();
  });

  it('keeps to the agreed window, whatever windowBits the options have', async () => {
    const deflate = new DeflateContext(9, { ...LEVELS, windowBits: 15 });
    const inflate = new InflateContext(9, 1024);
    const text = 'a text to find again at a distance';
    const data = Buffer.from(text + randomBytes(2_000).toString('hex') + text);
    expect(Buffer.compare(await run(inflate, await run(deflate, data)), data)).toBe(0);
    deflate.close();
    inflate.close();
  });
});

describe('InflateContext', () => {
  it('restores the output of DeflateContext, at every window size and any length', async () => {
    for (let bits = 8; bits <= 15; bits += 1) {
      const deflate = new DeflateContext(bits, LEVELS);
      const inflate = new InflateContext(bits, 1024);
      for (const size of [1, 1000, 100_000]) {
        const data = Buffer.from(Array.from({ length: size }, (_, index) => (index * index) >> 3));
        expect(Buffer.compare(await run(inflate, await run(deflate, data)), data)).toBe(0);
      }
      deflate.close();
      inflate.close();
    }
  });

  it('stops at the limit', async () => {
    const bomb = deflateRawSync(Buffer.alloc(50_000_000), { finishFlush: 2 }).subarray(0, -4);
    const context = new InflateContext(15, 1024);
    await expect(run(context, bomb, 1000)).rejects.toMatchObject({ code: 'WS_MESSAGE_TOO_BIG' });
    const exact = new InflateContext(15, 1024);
    expect(await run(exact, deflateRawSync(Buffer.alloc(1000), { finishFlush: 2 }).subarray(0, -4), 1000)).toHaveLength(
      1000,
    );
    exact.close();
  });

  it('continues after data that declares its end, within a message and between messages', async () => {
    const context = new InflateContext(15, 1024);
    const ended = deflateRawSync(Buffer.from('Hello'));
    expect(String(await run(context, ended))).toBe('Hello');
    expect(String(await run(context, Buffer.concat([ended, ended, Buffer.from([0x00])])))).toBe('HelloHello');
    expect(String(await run(context, [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]))).toBe('Hello');
    context.close();
  });

  it.each([
    ['went on', { finishFlush: 2 }],
    ['declared its end', {}],
  ])('forgets earlier data at a reset, when that data %s', async (_what, options) => {
    const data = Buffer.from('the data of an earlier message');
    const reference = deflateRawSync(data, { finishFlush: 2, dictionary: data }).subarray(0, -4);
    const context = new InflateContext(15, 1024);
    await run(context, deflateRawSync(data, options));
    context.reset();
    expect(String(await run(context, deflateRawSync(Buffer.from('Hello'))))).toBe('Hello');
    context.reset();
    await run(context, deflateRawSync(data, options));
    context.reset();
    await expect(run(context, reference)).rejects.toMatchObject({ code: 'WS_BAD_DEFLATE' });
  });

  it('fails on data that is not DEFLATE', async () => {
    await expect(run(new InflateContext(15, 1024), [0xff, 0xff])).rejects.toMatchObject({ code: 'WS_BAD_DEFLATE' });
    await expect(run(new InflateContext(15, 1024), Array(40).fill([3, 0]).flat())).rejects.toMatchObject({
      code: 'WS_BAD_DEFLATE',
    });
  });

  it('does nothing after its close', async () => {
    const context = new InflateContext(15, 1024);
    let said = 0;
    const say = () => {
      said += 1;
    };
    const taker = { onOutput: say, onFailed: say };
    context.run(Buffer.from([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]), 100, taker);
    context.close();
    await run(new InflateContext(15, 1024), [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    expect(said).toBe(0);
  });
});
