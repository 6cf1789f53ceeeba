import { expect, it } from 'vitest';
import { adviseWire } from '../../../src/base/options/known-packages.js';

it.each([
  [
    'stomp',
    'server',
    '"stomp:" needs a wire: npm install @naru/stomp, and give the option "wires: [stomp()]" with the function of @naru/stomp',
  ],
  [
    'webrtc',
    'server',
    '"webrtc:" needs a wire: npm install @naru/udp, and give the option "wires: [webrtc()]" with the function of @naru/udp',
  ],
  [
    'udp',
    'client',
    '"udp:" needs a wire: npm install @naru/udp, and give the option "wires: [udp()]" with the function of @naru/udp/client',
  ],
] as const)('says what %s:// needs at a %s', (scheme, side, advice) => {
  expect(adviseWire(scheme, side)).toBe(advice);
});

it.each([
  ['tcp', 'server'],
  ['stomp', 'client'],
  ['constructor', 'server'],
  ['', 'client'],
] as const)('has no advice for "%s" at a %s', (scheme, side) => {
  expect(adviseWire(scheme, side)).toBeUndefined();
});
