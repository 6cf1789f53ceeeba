/**
 * Sends the endpoint of byte streams random streams, like those of programs and of people, and runs a whole server.
 * FUZZ_MINUTES sets how long; a failure prints its seed.
 */
import { describe, expect, it } from 'vitest';
import { encodeRecord } from '../../packages/naru/src/protocol/record/encode.js';
import { endpointContextOf } from '../../packages/naru/src/server/api/server.js';
import { StreamAcceptor } from '../../packages/naru/src/server/endpoints/stream-acceptor.js';
import { openLink } from '../../packages/naru/test/transport/tcp/subject.js';
import { TestServer } from '../../packages/testing/src/entry/index.js';
import { fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { catchUncaught } from '../kit/uncaught.js';
import { cut, type Dice, fuzz, randomText } from './websocket-random.js';

const LINES =
  '|/help|/rooms|/history a|/history a 5|/history "b c" 1 00000000001|/who a|{"history":"a","limit":2}|{"presence":"a","id":2}|/join a|/join "b c"|/leave a|/to a say 1|/to a|/ask time|/ask nobody|/ack 1 2|/auth {}|/in chat {"a":1}|/in nowhere|/json|/json off|/quit|say "hi"|hello|{"event":"say","args":[{"$bytes":"AQ=="}],"id":3}|{"join":"a","id":1}|{"ack":1}|{"event":"disconnect"}|connect 1|naru:subscribe "a"|NARU1|GET / HTTP/1.1|//x| /x|"'.split(
    '|',
  );
const PACKETS =
  '40|40/chat,|40/nowhere,|41|42["say","hi"]|420["time"]|421["naru:subscribe","a"]|422["naru:publish","a","say",1]|43[1]|451-["say",{"_placeholder":true,"num":0}]|2|3|1|5|6|0||9|42|4|42[|b|bAQ=='.split(
    '|',
  );

/** A stream like that of a person, of a program, or of neither. */
function randomStream(dice: Dice): Buffer {
  if (dice.oneIn(10)) return dice.bytes(dice.below(300));
  const parts: (string | Uint8Array)[] = [];
  const isProgram = dice.oneIn(2);
  if (isProgram) {
    parts.push(dice.oneIn(8) ? dice.pick(['NARU1?', 'NARU']) : dice.pick(['NARU1\n', 'NARU1?a=b\n']));
    if (!dice.oneIn(4)) parts.push(encodeRecord('40'));
  }
  for (let count = dice.below(8); count > 0; count -= 1) {
    if (!isProgram) parts.push((dice.oneIn(8) ? randomText(dice) : dice.pick(LINES)) + dice.pick(['\n', '\r\n']));
    else parts.push(encodeRecord(dice.oneIn(6) ? dice.bytes(dice.below(5)) : dice.pick(PACKETS)));
  }
  const stream = Buffer.concat(parts.map((part) => Buffer.from(part)));
  if (dice.oneIn(4) && stream.length > 0) stream[dice.below(stream.length)] = dice.below(256);
  return stream;
}

/** Counts of accepted input. They show that the random streams get through at all. */
const seen = { programs: 0, people: 0, events: 0 };

async function once(dice: Dice): Promise<void> {
  const server = new TestServer({
    seed: dice.below(1_000),
    server: { maxHttpBufferSize: 2_000, connectTimeout: 1_000 },
  });
  const { io, clock } = server;
  io.allow({ subscribe: (_socket, room) => (room === 'a' ? Promise.resolve(true) : room !== 'b'), publish: true });
  for (const name of ['/', '/chat']) {
    io.of(name).use((_socket, next) => (dice.oneIn(3) ? void Promise.resolve().then(() => next()) : next()));
    io.of(name).on('connection', (socket) => {
      seen[socket.conn.subprotocol === 'line' ? 'people' : 'programs'] += 1;
      socket.onAny(() => {
        seen.events += 1;
      });
      socket.on('time', (answer) => typeof answer === 'function' && answer('noon'));
      socket.on('say', (...args) => io.of(name).emit('said', ...args.filter((arg) => typeof arg !== 'function')));
      if (dice.oneIn(4)) socket.emit('ready', () => undefined);
    });
  }
  const acceptor = new StreamAcceptor(endpointContextOf(io));
  for (let count = 1 + dice.below(3); count > 0; count -= 1) {
    const { near, far } = openLink(dice.below(1_000), 3, clock);
    acceptor.take(near);
    far.on('data', () => undefined).on('error', () => undefined);
    for (const chunk of cut(dice, randomStream(dice))) {
      if (far.writable) far.write(chunk);
      if (dice.oneIn(4)) await clock.advance(dice.pick([0, 1, 300]));
    }
    if (dice.oneIn(2)) far.end();
    else if (dice.oneIn(3)) far.destroy();
  }
  await clock.advance(dice.pick([0, 6_000]));
  acceptor.close();
  await server.close();
  expect(acceptor.undecidedCount).toBe(0);
  expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, rooms: 0, deferred: 0 });
}

describe('the endpoint of byte streams', () => {
  it('survives any stream, throws nothing, and leaves nothing behind', { timeout: fuzzTimeoutMs() }, async () => {
    const uncaught = catchUncaught();
    await fuzz(once, 10);
    expect(uncaught).toEqual([]);
    expect(seen.people + seen.programs).toBeGreaterThan(0);
  });
});
