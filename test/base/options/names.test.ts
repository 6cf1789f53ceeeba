import { describe, expect, it, vi } from 'vitest';
import { nearestName, warnOnce } from '../../../src/base/options/names.js';

describe('nearestName', () => {
  const names = ['pingTimeout', 'maxHttpBufferSize', 'sessionsMax', 'tcp', 'udp', 'transports', 'cors'];

  it.each([
    ['pingtimeout', 'pingTimeout'],
    ['ping-timeout', 'pingTimeout'],
    ['pingTimout', 'pingTimeout'],
    ['pingTimeoutMs', 'pingTimeout'],
    ['httpBufferSize', 'maxHttpBufferSize'],
    ['sessions', 'sessionsMax'],
    ['sesionMax', 'sessionsMax'],
    ['transport', 'transports'],
    ['tpc', 'tcp'],
    ['cor', 'cors'],
  ])('knows that %s means %s', (name, real) => {
    expect(nearestName(name, names)).toBe(real);
  });

  it.each([
    ['delayMaxs', 'delayMax'],
    ['delayMx', 'delayMax'],
    ['delays', 'delay'],
    ['delay-max', 'delayMax'],
  ])('takes %s for %s, because endings count before they are left out', (name, real) => {
    expect(nearestName(name, ['delay', 'delayMax'])).toBe(real);
  });

  it.each(['crosss', 'port', 'Max', 'constructor', ''])('knows no name that "%s" means', (name) => {
    expect(nearestName(name, names)).toBeUndefined();
  });
});

describe('warnOnce', () => {
  it('says the same text once, and another again', () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    warnOnce('one');
    warnOnce('one');
    warnOnce('two');
    expect(warning.mock.calls.map(([text]) => text)).toEqual(['one', 'two']);
    warning.mockRestore();
  });

  it('speaks on the console where there is no process', () => {
    const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.stubGlobal('process', undefined);
    warnOnce('on the console');
    vi.unstubAllGlobals();
    expect(log).toHaveBeenCalledExactlyOnceWith('on the console');
    log.mockRestore();
  });
});
