/** Says in one line what went wrong with the world, and what to do about it. */
import { ConfigError, UnavailableError } from '../base/errors.js';

/** Where the program tried to listen. */
export interface Place {
  readonly host: string | undefined;
  readonly port: number;
}

const privileged = 1024;

/** A ConfigError about what the person gave. */
export function badArgument(message: string): ConfigError {
  return new ConfigError('BAD_ARGUMENT', message);
}

/** The line for an error that has one; undefined for a defect, whose stack trace is wanted. */
export function describeFailure(error: unknown, place: Place): string | undefined {
  if (error instanceof ConfigError) return error.message;
  // It names the endpoint itself.
  if (error instanceof UnavailableError && error.code === 'ADDRESS_IN_USE') {
    return `${error.message}; end that one, or choose another endpoint: --listen, or NARU_LISTEN`;
  }
  if (error instanceof UnavailableError && error.code === 'IO_FAILED') return error.message;
  const code = (error as { code?: unknown } | null)?.code;
  const { port, host } = place;
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use by another program; end that one, or choose another port: PORT=${nextPort(port)}`;
    case 'EACCES':
      if (port > 0 && port < privileged) {
        return `port ${port} is for privileged programs; choose one from ${privileged} up: PORT=3000`;
      }
      return `no permission: ${(error as Error).message}`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${host ?? ''}; choose another HOST, or none to listen on every address`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name ${host ?? ''} has no address; choose another HOST, or none to listen on every address`;
    case 'EAFNOSUPPORT':
      return `this machine does not speak the kind of address that ${host ?? ''} is; choose another HOST`;
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
