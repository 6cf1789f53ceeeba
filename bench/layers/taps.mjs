/**
 * The cost of a tap that nobody hears, and the number of taps that a message passes on its way from one client to
 * another. The bounds are 5 ns where a tap stands, and 12 taps for a message.
 */
import { setTimeout as pass } from 'node:timers/promises';
import { io as connect } from '../../.build.modules/packages/naru/src/entry/client.js';
import { Server } from '../../.build.modules/packages/naru/src/entry/index.js';
import * as entry from '../../.build.modules/packages/naru/src/entry/taps.js';
import { time } from './time.mjs';

const { eventIn } = entry;
const facts = { connection: 1, socket: 'one', namespace: '/', event: 'said', isAsking: false };
let told = 0;

time('a loop without a tap', (count) => {
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += at & 7;
  return sum;
});
time('the same with a tap that nobody hears', (count) => {
  let sum = 0;
  for (let at = 0; at < count; at += 1) {
    if (eventIn.hasSubscribers) eventIn.publish(facts);
    sum += at & 7;
  }
  return sum;
});
const listener = () => {
  told += 1;
};
eventIn.subscribe(listener);
time('the same with one listener', (count) => {
  for (let at = 0; at < count; at += 1) if (eventIn.hasSubscribers) eventIn.publish(facts);
  return told;
});
eventIn.unsubscribe(listener);

for (const connectionStateRecovery of [undefined, {}]) {
  const io = new Server(0, { connectionStateRecovery });
  io.on('connection', (socket) => {
    void socket.join('room');
    socket.on('say', (text, answer) => {
      io.to('room').emit('said', text);
      answer();
    });
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (io.httpServer.address());
  const clients = [1, 2].map(() => connect(`http://127.0.0.1:${port}`, { transports: ['websocket'] }));
  for (const client of clients) if (!client.connected) await new Promise((done) => client.once('connect', done));
  await pass(100);
  /** @type {string[]} */
  const passed = [];
  const taps = Object.values(entry).flatMap((each) => (typeof each === 'object' && 'publish' in each ? each : []));
  const note = (/** @type {object} */ _facts, /** @type {string} */ name) => passed.push(name.slice('naru:'.length));
  for (const tap of taps) tap.subscribe(/** @type {any} */ (note));
  const heard = new Promise((done) => clients[1]?.once('said', done));
  await clients[0]?.emitWithAck('say', 'text');
  await heard;
  await pass(100);
  for (const tap of taps) tap.unsubscribe(/** @type {any} */ (note));
  const how = connectionStateRecovery ? 'with a log' : 'without a log';
  console.log(`A message with an acknowledgement, ${how}, tells ${passed.length} taps: ${passed.join(', ')}`);
  for (const client of clients) client.disconnect();
  await io.close();
}
