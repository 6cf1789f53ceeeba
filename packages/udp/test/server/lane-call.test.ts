import { expect, it } from 'vitest';
import type { ClientCall } from '../../../naru/src/namespace/client-calls.js';
import { LaneCall } from '../../src/server/lane-call.js';

function make() {
  const call = new LaneCall('naru:lane');
  const calls = new Map<string, ClientCall>();
  const open = (name: string, address: string | undefined, ready: Promise<void> = Promise.resolve()) => {
    const endpoint = { address, ready, offerLane: () => ({ name }) };
    call.add(calls, endpoint);
    return () => call.remove(calls, endpoint);
  };
  const ask = (): unknown[] => {
    const answers: unknown[] = [];
    calls.get('naru:lane')?.({} as never, { client: {} } as never, [], (answer) => answers.push(answer));
    return answers;
  };
  return { calls, open, ask };
}

it('is answered by the newest endpoint that is open, in whatever order they close', () => {
  const { calls, open, ask } = make();
  const [closeOne, closeTwo, closeThree] = [open('one', 'a'), open('two', 'b'), open('three', 'c')];
  expect(ask()).toEqual([{ name: 'three' }]);
  closeTwo();
  closeTwo();
  expect(ask()).toEqual([{ name: 'three' }]);
  closeThree();
  expect(ask()).toEqual([{ name: 'one' }]);
  closeOne();
  expect([ask(), calls.size]).toEqual([[], 0]);
});

it('is not answered by an endpoint without an address while another has one', () => {
  const { open, ask } = make();
  open('waiting', undefined);
  expect(ask()).toEqual([{ name: 'waiting' }]);
  open('open', 'a');
  open('newer', undefined);
  expect(ask()).toEqual([{ name: 'open' }]);
});

it('is unknown when the only endpoint cannot be opened', async () => {
  const { calls, open } = make();
  open('one', undefined, Promise.reject(new Error('in use')));
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls.size).toBe(0);
});
