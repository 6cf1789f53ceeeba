import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { RECOVERED_WAIT_MS } from '../../../src/namespace/recovery/session-writer.js';
import { recoveryContinued, recoveryTaken } from '../../../src/taps/taps.js';
import { hear } from '../../taps/hear.js';
import { build, durable, now, socket, stateOf } from './built-recovery.js';

it('tells of a session that goes on in another process, on both sides and without its secret', async () => {
  const clock = new FakeClock();
  const backplane = durable(clock);
  const [first, second] = [build({}, backplane, clock), build({}, backplane, clock, 2)];
  const heard = hear(recoveryContinued, recoveryTaken);
  const pid = first.recovery.begin(socket('a'));
  await clock.settle();
  expect(heard).toEqual([]);
  const state = stateOf(second.recovery.search.restore(pid, undefined));
  second.recovery.begin(socket('a'), state);
  const continued = { namespace: '/', socket: 'a', after: state?.after, isElsewhere: true };
  expect(heard.splice(0)).toEqual([['recovery.continued', continued]]);
  await clock.advance(RECOVERED_WAIT_MS);
  for (const record of now(backplane.log.read('/', ZERO_OFFSET, 100)).records) first.log.consume(record);
  expect(heard).toEqual([['recovery.taken', { namespace: '/', socket: 'a' }]]);
});

it('tells of a session that goes on where it was', () => {
  const { recovery } = build();
  const pid = recovery.begin(socket('a'));
  const heard = hear(recoveryContinued, recoveryTaken);
  const state = stateOf(recovery.search.restore(pid, undefined));
  recovery.begin(socket('a'), state);
  const continued = { namespace: '/', socket: 'a', after: state?.after, isElsewhere: false };
  expect(heard).toEqual([['recovery.continued', continued]]);
});
