import { describe, expect, it } from 'vitest';
import { ConfigError, UnavailableError } from '../../naru/src/base/errors.js';
import { describeFailure } from '../src/failure.js';

const failure = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });
const place = { host: '10.0.0.1', port: 3000 };

describe('describeFailure', () => {
  it('names the port in use and one to try', () => {
    const line = describeFailure(failure('EADDRINUSE'), place);
    expect(line).toContain('port 3000');
    expect(line).toContain('PORT=3001');
  });

  it('never suggests a port above the last', () => {
    expect(describeFailure(failure('EADDRINUSE'), { host: undefined, port: 65_535 })).toContain('PORT=3000');
  });

  it('distinguishes a privileged port from a forbidden file', () => {
    expect(describeFailure(failure('EACCES'), { host: undefined, port: 80 })).toContain('port 80');
    expect(describeFailure(failure('EACCES'), place)).toContain('EACCES: it failed');
  });

  it.each(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EAFNOSUPPORT'])('names the host for %s', (code) => {
    expect(describeFailure(failure(code), place)).toContain('10.0.0.1');
  });

  it.each(['EMFILE', 'ENFILE'])('says how to raise the limit for %s', (code) => {
    expect(describeFailure(failure(code), place)).toContain('ulimit -n');
  });

  it('repeats the endpoint that cannot be opened, and says what to do', () => {
    const taken = new UnavailableError('ADDRESS_IN_USE', 'tcp://:4000 is in use by another program');
    expect(describeFailure(taken, place)).toBe(
      'tcp://:4000 is in use by another program; stop that program, or choose another endpoint with --listen or NARU_LISTEN',
    );
    const forbidden = new UnavailableError('IO_FAILED', 'Cannot listen on tcp://:80: listen EACCES');
    expect(describeFailure(forbidden, place)).toBe(forbidden.message);
  });

  it('repeats what is said of a broker', () => {
    const away = new UnavailableError(
      'CONNECT_FAILED',
      'Redis at a:6379 cannot be reached: refused. Check the address.',
    );
    expect(describeFailure(away, place)).toBe(away.message);
  });

  it('repeats the text of a ConfigError, and stays on one line for every code', () => {
    expect(describeFailure(new ConfigError('BAD_ARGUMENT', 'no such app'), place)).toBe('no such app');
    for (const code of ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EMFILE']) {
      expect(describeFailure(failure(code), place)).not.toContain('\n');
    }
  });

  it.each([new Error('a defect'), null, undefined, 'text', { code: 5 }])(
    'has no line for %j, so its stack is shown',
    (error) => {
      expect(describeFailure(error, place)).toBeUndefined();
    },
  );
});
