/**
 * Sends a server with plain events nearly valid texts, bodies and addresses. FUZZ_MINUTES sets how long; a failure
 * prints its seed.
 */

import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { openStage } from '../kit/clients/plain-events.js';
import { fc } from '../kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';

const options = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: fuzzTimeMs / 2,
  markInterruptAsFailure: false,
};

const TOKENS =
  '{|}|[|]|,|:|"event"|"args"|"room"|"id"|"ack"|"join"|"leave"|"$bytes"|"AQ=="|"a"|"naru:subscribe"|"disconnect"|7|-1|null|"__proto__"| '.split(
    '|',
  );
const MESSAGES = [
  '{"event":"a"}',
  '{"event":"a","args":[1],"room":"a","id":1}',
  '{"event":"a","id":2}',
  '{"event":"naru:publish","args":["a","b"],"id":3}',
  '{"ack":0,"args":[]}',
  '{"join":"a"}',
  '{"leave":"a"}',
  '{"join":""}',
];
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...MESSAGES) },
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 12 }).map((tokens) => tokens.join('')),
  fc.string(),
);
const type = fc.constantFrom(
  'application/json',
  'application/x-ndjson',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/octet-stream',
  'image/png',
  '',
);
const part = fc
  .oneof(fc.constantFrom('a', 'b,c', '%', '%2F', '', 'chat'), fc.webSegment())
  // A client removes the segments that mean another folder before it sends a path.
  .filter((segment) => !/^(\.|%2e)+$/i.test(segment));
const target = fc
  .tuple(
    fc.array(part, { maxLength: 3 }),
    fc.constantFrom('', '?event=x', '?room=b', '?auth={}', '?auth=[', '?token=x'),
  )
  .map(([parts, query]) => `/events/${parts.join('/')}${query}`);

describe('the endpoint of plain events', () => {
  it(
    'answers any POST with 202, or a 4xx with a reason, and keeps no session of it',
    async () => {
      const { io, url } = await openStage();
      await fc.assert(
        fc.asyncProperty(
          target,
          type,
          fc.oneof(
            text,
            fc.array(text).map((lines) => lines.join('\n')),
          ),
          async (path, contentType, body) => {
            const response = await fetch(url + path, {
              method: 'POST',
              body,
              headers: { 'content-type': contentType },
            });
            const answer = (await response.json()) as { published?: number; error?: { code: string; message: string } };
            if (response.status === 202) expect(answer.published).toBeGreaterThanOrEqual(0);
            else {
              expect([400, 403, 404, 415]).toContain(response.status);
              expect(answer.error?.message).not.toBe('');
            }
            expect(io.engine.clientsCount).toBe(0);
          },
        ),
        options,
      );
    },
    fuzzTimeoutMs(),
  );

  it(
    'answers WebSocket texts in JSON, closes for invalid ones, and goes on serving others',
    async () => {
      const { io, url } = await openStage();
      io.on('connection', (socket) =>
        socket.on('a', (...args: unknown[]) => {
          const last = args.at(-1);
          if (typeof last === 'function') last();
        }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (texts) => {
          const socket = new WebSocket(`${url.replace('http', 'ws')}/events/a`);
          // The server closes when the time is over, even if bytes are still on their way to it.
          socket.on('error', () => undefined);
          const answers: unknown[] = [];
          socket.on('message', (data) => answers.push(JSON.parse(String(data))));
          const closed = new Promise<number>((resolve) => socket.on('close', resolve));
          await new Promise((resolve) => socket.once('open', resolve));
          for (const each of texts) socket.send(each);
          socket.send('{"event":"end","id":9999}');
          socket.send('the end');
          expect([1007, 1008]).toContain(await closed);
          expect(answers.at(-1)).toMatchObject({ error: { code: expect.any(String) } });
          expect(io.engine.clientsCount).toBe(0);
        }),
        options,
      );
    },
    fuzzTimeoutMs(),
  );
});
