/**
 * The patterns of the guard with the longest room name, and what it costs to refuse an event that is too much. A
 * refused event is to cost at most a tenth of a broadcast to 100 sockets: `delivery.mjs` has that number.
 */
import { Limiter } from '../../.build.modules/packages/guard/src/limits/limiter.js';
import { readLimits } from '../../.build.modules/packages/guard/src/limits/options.js';
import { Pattern } from '../../.build.modules/packages/guard/src/pattern.js';
import { time } from './time.mjs';

const ROOM_LENGTH = 1_024;

/** Names that make a search as long as it can be: each part is nearly found everywhere, and in the end it is not. */
const WORST = [
  ['one part', '*aaaaaaaaaaaaaaab*', 'a'.repeat(ROOM_LENGTH)],
  ['a long part', `*${'a'.repeat(60)}b*`, 'a'.repeat(ROOM_LENGTH)],
  [
    'seven parts',
    '*aaab*aaab*aaab*aaab*aaab*aaab*aaac*',
    `${'aaab'.repeat(6)}${'aaab'.repeat(250)}`.slice(0, ROOM_LENGTH),
  ],
  ['pairs of letters', `*${'ab'.repeat(28)}c*`, 'ab'.repeat(ROOM_LENGTH / 2)],
];

for (const [title = '', text = '', room = ''] of WORST) {
  const pattern = new Pattern(text);
  time(`a pattern with ${title}, in vain`, (count) => {
    let found = 0;
    for (let at = 0; at < count; at += 1) if (pattern.matches(room)) found += 1;
    return found;
  });
}

const clock = { now: () => performance.now() };
const limits = readLimits({ socket: { events: 1_000 }, user: { events: 1 }, address: { events: 1_000 } });
const limiter = new Limiter(/** @type {any} */ (clock), limits);
const holder = limiter.hold(/** @type {any} */ ({ address: '10.0.0.1', headers: {} }));
limiter.name(holder, '42');
time('a decision about an event that is too much', (count) => {
  let refused = 0;
  for (let at = 0; at < count; at += 1) if (limiter.take(holder, ['events'], 'say')) refused += 1;
  return refused;
});
