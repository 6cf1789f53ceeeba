import { describe, expect, it } from 'vitest';
import { readArguments, usage } from '../../src/cli/arguments.js';

const serve = (app: string, port: number, host?: string) => ({ type: 'serve', app, port, host });

describe('readArguments', () => {
  it('serves on port 3000 and every address when nothing else is said', () => {
    expect(readArguments(['serve', 'app'], {})).toEqual(serve('app', 3000));
  });

  it('takes the place from the environment, and an option before that', () => {
    const env = { PORT: '4000', HOST: '::1' };
    expect(readArguments(['serve', 'app'], env)).toEqual(serve('app', 4000, '::1'));
    expect(readArguments(['serve', 'app', '--port', '5000', '--host=127.0.0.1'], env)).toEqual(
      serve('app', 5000, '127.0.0.1'),
    );
    expect(readArguments(['serve', '-p', '0', 'app'], env)).toEqual(serve('app', 0, '::1'));
  });

  it('treats an empty variable as absent', () => {
    expect(readArguments(['serve', 'app'], { PORT: '', HOST: '' })).toEqual(serve('app', 3000));
  });

  it.each(['-1', '65536', '3000x', '1e3', ' 80', '0x50', '123456'])(
    'refuses %j as a port, and names where it stood',
    (port) => {
      expect(readArguments(['serve', 'app'], { PORT: port })).toMatchObject({
        type: 'mistake',
        message: expect.stringContaining(`PORT is '${port}'`),
      });
      expect(readArguments(['serve', 'app', `--port=${port}`], {})).toMatchObject({
        type: 'mistake',
        message: expect.stringContaining(`--port is '${port}'`),
      });
    },
  );

  it('refuses an empty --port, which is not the same as none', () => {
    expect(readArguments(['serve', 'app', '--port='], {}).type).toBe('mistake');
  });

  it('prefers help and version to everything else', () => {
    expect(readArguments(['serve', '--help'], {})).toEqual({ type: 'help' });
    expect(readArguments(['-h', 'dance'], {})).toEqual({ type: 'help' });
    expect(readArguments(['--version'], {})).toEqual({ type: 'version' });
    expect(readArguments([], {})).toEqual({ type: 'help' });
  });

  it.each([
    [['dance'], 'dance'],
    [['serve'], 'folder'],
    [['serve', 'a', 'b'], "'b'"],
    [['serve', 'a', '--prot', '1'], '--prot'],
    [['serve', 'a', '--port'], '--port'],
    [['serve', 'a', '--help=yes'], '--help'],
  ])('answers %j with one line that names the mistake', (args, part) => {
    const command = readArguments(args, {});
    expect(command.type).toBe('mistake');
    if (command.type !== 'mistake') return;
    expect(command.message).toContain(part);
    expect(command.message).not.toContain('\n');
  });

  it('documents every option it takes', () => {
    for (const name of ['--port', '--host', '--help', '--version', 'serve <app>']) expect(usage).toContain(name);
  });
});
