/** Explains an error in one line: what went wrong, and what to do about it. */
import { ConfigError, isNaruError } from 'naru/base';

/** The address where the program tried to listen. */
export interface Place {
  readonly host: string | undefined;
  readonly port: number;
}

const privileged = 1024;

/** Returns a ConfigError about an argument. */
export function badArgument(message: string): ConfigError {
  return new ConfigError('BAD_ARGUMENT', message);
}

/** Returns what somebody wrote, without the login of an address that it may be. */
export function withoutLogin(written: string): string {
  return written.replace(/^.*@/s, '...@');
}

/** Returns the line that explains an error, or `undefined` for a defect, which needs its stack trace. */
export function describeFailure(error: unknown, place: Place): string | undefined {
  if (isNaruError(error, 'ConfigError')) return error.message;
  // The message already names the endpoint.
  if (isNaruError(error, 'UnavailableError') && error.code === 'ADDRESS_IN_USE') {
    return `${error.message}; stop that program, or choose another endpoint with --listen or NARU_LISTEN`;
  }
  if (isNaruError(error, 'UnavailableError')) return error.message;
  const code = (error as { code?: unknown } | null)?.code;
  const { port, host } = place;
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use by another program; stop it, or choose another port: PORT=${nextPort(port)}`;
    case 'EACCES':
      if (port > 0 && port < privileged) {
        return `port ${port} is reserved for privileged programs; choose one from ${privileged} up, such as PORT=3000`;
      }
      return `no permission: ${(error as Error).message}`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${host ?? ''}; choose another HOST, or none to listen on every address`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name ${host ?? ''} has no address; choose another HOST, or none to listen on every address`;
    case 'EAFNOSUPPORT':
      return `this machine does not support the address family of ${host ?? ''}; choose another HOST`;
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files; raise the limit (ulimit -n 65536) and start again';
    default:
      return undefined;
  }
}

function nextPort(port: number): number {
  return port < 65_535 ? port + 1 : 3000;
}
