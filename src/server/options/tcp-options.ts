/** The options of `tcp://`, `tls://` and `unix:` endpoints. */
import type { TlsOptions } from 'node:tls';
import { ConfigError } from '../../base/errors.js';

/** How clients come in over byte streams: programs by records, people by lines. */
export interface TcpOptions {
  /** Keys and certificates of `tls://`, as node:tls takes them. @default none: `tls://` needs them */
  tls?: TlsOptions;
  /** Whether programs may come in, with the preface `NARU1` and records behind it. @default true */
  records?: boolean;
  /** Whether people may come in, with anything else. @default true */
  lines?: boolean;
  /** Milliseconds of silence after which a client is a person, and greeted. 1 to 2^31-1. @default 250 */
  greetAfter?: number;
  /** Milliseconds that a client has from the first byte of the preface to its last; then it is closed. 1 to 2^31-1. @default 5000 */
  prefaceTimeout?: number;
  /** Bytes of one line without its end; beyond it the client gets an error line and is closed. 16 or more. @default 65536 */
  lineBytesMax?: number;
  /** The event that a line of mere text is. @default "message" */
  textEvent?: string;
}

/** The options with all defaults in place. */
export type TcpSettings = Required<Omit<TcpOptions, 'tls'>> & Pick<TcpOptions, 'tls'>;

const TIMER_MAX = 2 ** 31 - 1;

const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  greetAfter: [1, TIMER_MAX],
  prefaceTimeout: [1, TIMER_MAX],
  lineBytesMax: [16, Number.POSITIVE_INFINITY],
};

/** The options with defaults. Throws ConfigError, naming the option, the value and the fix. */
export function settleTcpOptions(options: TcpOptions = {}): TcpSettings {
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value: unknown = options[name as keyof TcpOptions];
    if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) continue;
    throw new ConfigError(
      'BAD_OPTION',
      `the option "tcp.${name}" is ${String(value)}; give a number from ${least} to ${most}`,
    );
  }
  const settings = {
    records: true,
    lines: true,
    greetAfter: 250,
    prefaceTimeout: 5_000,
    lineBytesMax: 65_536,
    textEvent: 'message',
    ...(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as TcpOptions),
  };
  if (typeof settings.textEvent !== 'string' || settings.textEvent === '') {
    throw new ConfigError('BAD_OPTION', 'the option "tcp.textEvent" is no name; give one such as "message"');
  }
  if (!settings.records && !settings.lines) {
    throw new ConfigError('BAD_OPTION', 'the options "tcp.records" and "tcp.lines" are both off; leave one on');
  }
  return Object.freeze(settings);
}
