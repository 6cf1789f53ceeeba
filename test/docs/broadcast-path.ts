/** Notes the source files through which one event goes. */
import { createClient } from '@redis/client';
import { vi } from 'vitest';
import * as batches from '../../packages/broker/src/log/batch.js';
import * as decoding from '../../packages/broker/src/log/batch-decoder.js';
import { LogDelivery } from '../../packages/naru/src/namespace/log/order/log-delivery.js';
import { RecordPackets } from '../../packages/naru/src/namespace/log/record-packets.js';
import * as records from '../../packages/naru/src/namespace/log/records.js';
import { Outbox } from '../../packages/naru/src/session/outbox.js';
import { WebSocketTransport } from '../../packages/naru/src/transport/websocket/transport.js';
import { Shard } from '../../packages/redis/src/servers/driver.js';
import { root } from '../tidy/source.js';

type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** Returns the prototype of the driver's clients that sends a command. */
function driverPrototype(): object {
  let each: object = createClient();
  while (!Object.hasOwn(each, 'sendCommand')) each = Object.getPrototypeOf(each) as object;
  return each;
}

/**
 * The places where an event takes another form or comes to rest: the owner and the name of a function, and its file.
 * The functions between two of them hand the event on. A function of another project has no file here.
 */
const seams = (): readonly (readonly [owner: object, name: string, file?: string])[] => [
  // The packet becomes text, and waits for the end of the turn.
  [LogDelivery.prototype, 'keep', 'namespace/log/order/log-delivery.ts'],
  [JSON, 'stringify'],
  // It becomes a record, then bytes, then a command, and leaves for Redis.
  [records, 'recordOf', 'namespace/log/records.ts'],
  [batches, 'encodeBatch', 'broker/src/log/batch.ts'],
  [Shard.prototype, 'run', 'redis/src/servers/driver.ts'],
  [driverPrototype(), 'sendCommand'],
  // Redis pushes it to the other node. It becomes a record again, and waits for its place.
  [decoding, 'tellBatch', 'broker/src/log/batch-decoder.ts'],
  [LogDelivery.prototype, 'onBatch', 'namespace/log/order/log-delivery.ts'],
  // It becomes packets of each wire, waits for the end of the turn, and leaves for the client.
  [RecordPackets.prototype, 'encode', 'namespace/log/record-packets.ts'],
  [Outbox.prototype, 'add', 'session/outbox.ts'],
  [WebSocketTransport.prototype, 'send', 'transport/websocket/transport.ts'],
];

/** Whether a value has a text in it, in any form. */
function has(value: unknown, text: string, seen = new Set<unknown>()): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (typeof value !== 'object' || value === null || seen.has(value)) return false;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes(text);
  return Object.values(value).some((each) => has(each, text, seen));
}

/** Returns the functions of the packages that are being called, outermost first, as `file function`. */
function callers(): string[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 200;
  const lines = String(new Error('stack').stack).split('\n');
  Error.stackTraceLimit = stackTraceLimit;
  const source = `${root}packages/`;
  return lines.reverse().flatMap((line) => {
    const [, name = '', file] = /^\s+at (?:(.*) \()?(?:file:\/\/)?(\/[^:]+):\d+:\d+\)?$/.exec(line) ?? [];
    return file?.startsWith(source) ? [`${file.slice(source.length).replace('naru/src/', '')} ${name}`] : [];
  });
}

/**
 * Notes the files through which an event with `text` in it goes from here on. Each list of the answer is one run of
 * code, from the call of `emit`, an end of a turn or an arrival to the next rest.
 *
 * The rule: at each seam that gets the event, the stack shows the functions that have brought it there. The path visits
 * a file when it enters one of its functions from another file. It also does so when it returns to a function that goes
 * on to another seam. Functions that only look at the event, such as at its size, do not count, and neither does what
 * happens beside it.
 */
export function notePath(text: string): string[][] {
  const runs: string[][] = [];
  let last: string[] = [];
  const note = (frames: string[]): void => {
    let same = 0;
    while (same < frames.length && frames[same] === last[same]) same += 1;
    last = frames;
    if (same === 0) runs.push([]);
    const run = runs.at(-1) ?? [];
    for (const frame of frames.slice(Math.max(0, same - 1))) {
      const file = frame.slice(0, frame.indexOf(' '));
      if (run.at(-1) !== file) run.push(file);
    }
  };
  for (const [owner, name, file] of seams()) {
    const real = (owner as Record<string, Callable>)[name] as Callable;
    // The stack names a method with its class, and a function of a module alone.
    const { constructor: ofClass } = owner as { readonly constructor?: { readonly name: string } };
    const frame = ofClass ? `${file} ${ofClass.name}.${name}` : `${file} ${name}`;
    let isInside = false;
    const spy = vi.spyOn(owner as Record<string, Callable>, name);
    spy.mockImplementation(function (this: unknown, ...args: unknown[]) {
      if (!isInside) {
        isInside = true;
        if (has(args, text)) note([...callers(), ...(file ? [frame] : [])]);
        isInside = false;
      }
      return real.apply(this, args);
    });
  }
  return runs;
}
