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
  ])('reads %s as %s', (name, real) => {
    expect(nearestName(name, names)).toBe(real);
  });

  it.each([
    ['delayMaxs', 'delayMax'],
    ['delayMx', 'delayMax'],
    ['delays', 'delay'],
    ['delay-max', 'delayMax'],
  ])('reads %s as %s, because endings count before they are ignored', (name, real) => {
    expect(nearestName(name, ['delay', 'delayMax'])).toBe(real);
  });

  it.each(['crosss', 'port', 'Max', 'constructor', ''])('suggests nothing for "%s"', (name) => {
    expect(nearestName(name, names)).toBeUndefined();
  });
});

describe('warnOnce', () => {
  it('warns once for the same text, and again for another', () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    warnOnce('one');
    warnOnce('one');
    warnOnce('two');
    expect(warning.mock.calls.map(([text]) => text)).toEqual(['one', 'two']);
    warning.mockRestore();
  });

  it('writes to the console without a process', () => {
    const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.stubGlobal('process', undefined);
    warnOnce('on the console');
    vi.unstubAllGlobals();
    expect(log).toHaveBeenCalledExactlyOnceWith('on the console');
    log.mockRestore();
  });
});
