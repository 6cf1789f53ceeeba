import { describe, expect, it } from 'vitest';
import { choose, nodeInternalsFor, PLAIN } from '../../src/node-internals/choose.js';
import { Server } from '../../src/server/api/server.js';

const ALL = { fastUpgrades: true, bareStreams: true, directWrites: true, ignoredUpgrades: true, sharedReads: true };

describe('nodeInternalsFor', () => {
  it('has every part on in Node, checked once', () => {
    const internals = nodeInternalsFor(true);
    expect(internals.parts).toEqual(ALL);
    expect(nodeInternalsFor(true)).toBe(internals);
  });

  it('is the plain way if the option turns it off', () => {
    expect(nodeInternalsFor(false)).toBe(PLAIN);
    expect(new Server({ nodeInternals: false }).engine.nodeInternals).toBe(PLAIN);
    expect(new Server().engine.nodeInternals.parts).toEqual(ALL);
  });
});

describe('choose', () => {
  it.each([
    ['fastUpgrades', ['addUpgradeTaker']],
    ['bareStreams', ['noteRequest', 'hasUnanswered', 'detachSocket', 'detachBegunSocket', 'socketOf']],
    ['directWrites', ['writeDirectly', 'takenBytes']],
    ['ignoredUpgrades', ['ignoreUpgrade', 'declineUpgrades']],
    ['sharedReads', ['readShared']],
  ])('falls back by itself if %s is off, and leaves the other parts on', (part, names) => {
    const [all, without] = [choose(ALL), choose({ ...ALL, [part]: false })];
    const plain = Object.keys(PLAIN).filter((name) => Reflect.get(without, name) === Reflect.get(PLAIN, name));
    expect(plain).toEqual(names);
    const changed = Object.keys(all).filter((name) => Reflect.get(all, name) !== Reflect.get(without, name));
    expect(changed).toEqual(['parts', ...names]);
  });
});
