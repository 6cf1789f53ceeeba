import { Buffer } from 'node:buffer';
import { gunzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeReply, Reply, type ReplyForm } from '../../../src/transport/polling/reply.js';

const form = (options: Partial<ReplyForm> = {}): ReplyForm => ({
  protocol: 4,
  takesBinary: true,
  jsonpIndex: undefined,
  ...options,
});
const bytes = Uint8Array.of(4, 255);

describe('a reply', () => {
  it('is text in protocol 4, with any content', () => {
    const reply = encodeReply(['4é', bytes], form(), true);
    expect(reply).toMatchObject({
      data: '4é\x1ebBP8=',
      size: 9,
      contentType: 'text/plain; charset=UTF-8',
      mayCompress: true,
    });
  });

  it('is binary in protocol 3 only if necessary and possible', () => {
    expect(encodeReply(['4é'], form({ protocol: 3 }), false)).toMatchObject({
      data: '2:4é',
      contentType: 'text/plain; charset=UTF-8',
      mayCompress: false,
    });
    const binary = encodeReply(['2', bytes], form({ protocol: 3 }), true);
    expect(binary.contentType).toBe('application/octet-stream');
    expect([...(binary.data as Buffer)]).toEqual([0, 1, 255, 50, 1, 2, 255, 4, 255]);
    expect(encodeReply([bytes], form({ protocol: 3, takesBinary: false }), true).data).toBe('6:b4/w==');
  });

  it('is a script for pages that poll by script tags', () => {
    const v3 = encodeReply([bytes], form({ protocol: 3, jsonpIndex: '0' }), true);
    expect(v3).toMatchObject({ data: '___eio[0]("6:b4/w==");', contentType: 'text/javascript; charset=UTF-8' });
  });

  it('is compressed once for all clients that want the same', async () => {
    const reply = new Reply('naru '.repeat(100), 'text/plain', true);
    const [first, second, deflated] = await Promise.all([
      reply.compress('gzip'),
      reply.compress('gzip'),
      reply.compress('deflate'),
    ]);
    expect(first).toBe(second);
    expect(gunzipSync(first).toString()).toBe(reply.data);
    expect(inflateSync(deflated).toString()).toBe(reply.data);
    const binary = new Reply(Buffer.from([1, 2, 3]), 'application/octet-stream', true);
    expect([...gunzipSync(await binary.compress('gzip'))]).toEqual([1, 2, 3]);
  });
});
